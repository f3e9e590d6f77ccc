/** More work is waiting than the queue takes: try again later. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
}

export type RunInQueue = <Result>(task: () => Promise<Result>) => Promise<Result>

/** Runs at most `parallel` tasks at once, in the order they came, and refuses what finds `waiting` others before it. */
export function createBoundedQueue({ parallel, waiting }: { parallel: number; waiting: number }): RunInQueue {
  const queue: (() => void)[] = []
  let running = 0

  async function enter(): Promise<void> {
    if (running < parallel) {
      running += 1
      return
    }
    if (queue.length >= waiting) throw new QueueFullError('too much work is waiting')
    await new Promise<void>((resolve) => queue.push(resolve))
  }

  /** Whoever waits takes over the place, so that nobody can slip in between. */
  function leave(): void {
    const next = queue.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return async (task) => {
    await enter()
    try {
      return await task()
    } finally {
      leave()
    }
  }
}
