import { withStatus } from './answer.ts'

/** Called when the work is done, with an error if it failed. */
export type SessionCallback = (error?: unknown) => void

/** Serves callers that pass a callback and callers that await; nobody who does neither is crashed. */
export function promiseOrCallback(
  callback: SessionCallback | undefined,
  work: () => Promise<void>,
): Promise<void> | undefined {
  const done = begin(work).catch((error: unknown) => {
    throw withStatus(error)
  })
  if (typeof callback !== 'function') {
    // The end of the response tries again and reports.
    done.catch(() => {})
    return done
  }
  done.then(
    () => callback(),
    (error: unknown) => callback(error),
  )
  return undefined
}

/** At once, so that `req.session` is gone when `destroy` returns. */
async function begin(work: () => Promise<void>): Promise<void> {
  return work()
}
