import type { Row, Store } from '../../src/core/types.ts'
import type { Crew } from './crew.ts'
import type { Member } from './member.ts'

/** Later than any row expires. */
const END_OF_TIME = 8.64e15

/**
 * Three processes as one store: each call goes to another process than the one before. Behind caches a change is
 * acknowledged when its message has arrived in the other processes: from then on they owe what the store holds.
 */
export class StoreInTurns implements Store {
  readonly #members: readonly [Member, Member, Member]
  #calls = 0

  constructor({ members }: Crew) {
    this.#members = members
  }

  /** One that holds nothing. */
  static async empty(crew: Crew): Promise<StoreInTurns> {
    const store = new StoreInTurns(crew)
    await store.purge(END_OF_TIME)
    return store
  }

  read(key: string): Promise<Row | null> {
    return this.#next().ask('read', key)
  }

  async write(row: Row): Promise<boolean> {
    const writer = this.#next()
    const { value, marks } = await writer.askMarked('write', row)
    await this.#heardBeside(writer, marks)
    return value
  }

  async remove(keys: readonly string[]): Promise<number> {
    const remover = this.#next()
    const { value, marks } = await remover.askMarked('remove', keys)
    await this.#heardBeside(remover, marks)
    return value
  }

  list(userId: string): Promise<Row[]> {
    return this.#next().ask('list', userId)
  }

  /** By all processes at once, as none tells the others what it purged: together they count each row once. */
  async purge(now: number): Promise<number> {
    const counts = await Promise.all(this.#members.map((member) => member.ask('purge', now)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  #next(): Member {
    const [first, second, third] = this.#members
    const turn = this.#calls++ % 3
    if (turn === 0) return first
    return turn === 1 ? second : third
  }

  async #heardBeside(sender: Member, marks: readonly string[]): Promise<void> {
    const others = this.#members.filter((member) => member !== sender)
    await Promise.all(others.map((member) => member.heard(marks)))
  }
}
