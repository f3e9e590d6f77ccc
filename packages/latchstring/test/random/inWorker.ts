import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/**
 * Lets a worker do a part of a run, and returns what it answers. node:test watches every promise of the thread that
 * it runs in, which takes longer than all the rest.
 */
export class PartWorker {
  readonly #worker: Worker

  constructor(file: URL, workerData: unknown = null) {
    this.#worker = new Worker(file, { workerData })
  }

  async ask(part: unknown): Promise<unknown> {
    // Before the question: an error may come at once.
    const answered = once(this.#worker, 'message')
    this.#worker.postMessage(part)
    const [answer] = await answered
    return answer
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
