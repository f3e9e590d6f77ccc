type Callback = (error?: unknown, answer?: unknown) => void

/**
 * What a store of express-session answers: through the callback, or by a promise. `parameters` are those that the
 * method declares besides the callback.
 */
export function answerOf(
  method: { readonly length: number },
  parameters: number,
  call: (callback: Callback) => unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = call((error, answer) => {
      if (error === undefined || error === null) resolve(answer)
      else reject(error)
    })
    const takesCallback = method.length > parameters
    settleWith(returned, takesCallback, resolve, reject)
  })
}

/** A method that takes a callback may return a promise of nothing, long before it calls that callback. */
function settleWith(
  returned: unknown,
  takesCallback: boolean,
  resolve: (answer: unknown) => void,
  reject: (error: unknown) => void,
): void {
  if (!isThenable(returned)) return
  const settle = (answer: unknown) => {
    if (answer !== undefined || !takesCallback) resolve(answer)
  }
  Promise.resolve(returned).then(settle, reject)
}

/** Some stores bring promises of their own. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Stores of files report an absent session as an error. A socket that is missing is one. */
export function isMissingFile(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return false
  return error.code === 'ENOENT' && error.syscall === 'open'
}
