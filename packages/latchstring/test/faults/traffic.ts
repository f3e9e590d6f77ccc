import assert from 'node:assert/strict'
import { SeededRandom } from '../history/random.ts'
import { Browser, type Reply } from '../http/client.ts'
import { type TimedReply, timed } from './site.ts'

export interface Visit extends TimedReply {
  readonly kind: 'page' | 'login' | 'logout'
}

/** Users who look at pages, log in and log out, whether they are answered or not. */
export class Traffic {
  readonly visits: Visit[] = []
  readonly #origin: string
  readonly #visitor: Browser
  readonly #leaver: Browser
  readonly #random: SeededRandom
  readonly #sent: Promise<void>[] = []
  readonly #failures: unknown[] = []
  #timer: NodeJS.Timeout | undefined

  /** The visitor looks at pages and stays logged in. Copies of the leaver log out. */
  constructor(origin: string, visitor: Browser, leaver: Browser, seed: string) {
    this.#origin = origin
    this.#visitor = visitor
    this.#leaver = leaver
    this.#random = new SeededRandom(seed)
  }

  /** One every `pause` milliseconds. */
  begin(pause: number): void {
    this.#timer = setInterval(() => this.#visit(), pause)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Waits until all are answered. */
  async end(): Promise<void> {
    this.stop()
    await Promise.all(this.#sent)
    assert.deepEqual(this.#failures, [])
  }

  #visit(): void {
    const kind = this.#choose()
    const visited = timed(() => this.#send(kind)).then((reply) => {
      this.visits.push({ ...reply, kind })
    })
    this.#sent.push(visited.catch((error: unknown) => void this.#failures.push(error)))
  }

  #choose(): Visit['kind'] {
    const choice = this.#random.below(10)
    if (choice < 6) return 'page'
    return choice < 8 ? 'login' : 'logout'
  }

  #send(kind: Visit['kind']): Promise<Reply> {
    if (kind === 'page') return this.#visitor.get('/protected')
    if (kind === 'login') return new Browser(this.#origin).post('/login')
    return this.#leaver.copy().post('/logout')
  }
}
