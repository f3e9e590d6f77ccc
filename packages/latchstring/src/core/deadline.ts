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
function start<T>(call: () => Promise<T>): Promise<T> {
  const answer = begin(call)
  // Not for the types: what the application hands in may answer with something else.
  return Promise.resolve(answer)
}

/** Calls at once, and gives what the call answers; what is thrown becomes a rejection. */
export function begin<T>(call: () => T | Promise<T>): T | Promise<T> {
  try {
    const answer = call()
    // A store of the application may have promises of a kind of its own.
    return isThenable(answer) ? Promise.resolve(answer) : answer
  } catch (error) {
    return Promise.reject(error)
  }
}

function isThenable(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  )
}
