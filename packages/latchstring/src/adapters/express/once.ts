/** A function that runs the first time only: a line that explains a problem is not repeated for each request. */
export function once<Args extends unknown[]>(run: (...args: Args) => void): (...args: Args) => void {
  let isDone = false
  return (...args) => {
    if (isDone) return
    isDone = true
    run(...args)
  }
}
