import assert from 'node:assert/strict'
import { Sessions } from '../../src/core/sessions.ts'
import { openStore, type Place } from '../history/stores.ts'
import type { Login } from './member-process.ts'

/** What is stored, seen without a cache. */
export class Truth {
  readonly #sessions: Sessions
  readonly #close: () => Promise<void>

  private constructor(sessions: Sessions, close: () => Promise<void>) {
    this.#sessions = sessions
    this.#close = close
  }

  static async open({ kind, url, prefix }: Place): Promise<Truth> {
    const { store, close } = await openStore({ kind, url, prefix })
    return new Truth(new Sessions({ store, storeTimeout: '20s' }), close)
  }

  async assertDead({ userId }: Login, tokens: readonly string[], when: string): Promise<void> {
    for (const token of tokens) {
      assert.equal((await this.#sessions.open(token)).userId, null, `${when}: a token is alive`)
    }
    assert.deepEqual(await this.#sessions.list(userId), [], `${when}: a session is listed`)
  }

  async keysOf({ token }: Login): Promise<string[]> {
    const { data } = await this.#sessions.open(token)
    return Object.keys(data.values).toSorted()
  }

  async countAlive(tokens: readonly string[]): Promise<number> {
    const opened = await Promise.all(tokens.map((token) => this.#sessions.open(token)))
    return opened.filter(({ userId }) => userId !== null).length
  }

  async countListed(userId: string): Promise<number> {
    return (await this.#sessions.list(userId)).length
  }

  close(): Promise<void> {
    this.#sessions.close()
    return this.#close()
  }
}
