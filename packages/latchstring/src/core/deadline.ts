import type { Timers } from './types.ts'

/** Rejects when the call takes longer; what it answers after that is dropped. */
export function withDeadline<T>(call: () => Promise<T>, milliseconds: number, timers: Timers): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new Error(`no answer within ${milliseconds} ms`))
    const cancel = timers.schedule(tooLate, milliseconds)
    start(call).finally(cancel).then(resolve, reject)
  })
}

/** Calls at once, and turns what is thrown into a rejection. */
export function start<T>(call: () => Promise<T>): Promise<T> {
  try {
    // Not for the types: a store of the application may answer with something else.
    return Promise.resolve(call())
  } catch (error) {
    return Promise.reject(error)
  }
}
