import { hash } from 'node:crypto'
import { LatchstringError } from '../core/errors.ts'
import type { Connection } from './_redisClient.ts'
import { NO_ENTRY, type StoredRow } from './_redisRow.ts'
import { run, script, stringsOf } from './_redisScript.ts'
import { AHEAD, KEPT, NOW } from './_redisTimes.ts'

/** Stands in a user's index for one write of one row. */
export interface Entry {
  readonly name: string
  /** By the clock of Redis, as text. */
  readonly listedUntil: string
}

/**
 * A sorted set for each user: members `entry key`, scored with the time until which they are listed. The name of an
 * entry is the time at which it was made, in microseconds, or the next that is free: whoever takes an entry out again
 * cannot hit one that was made later for the same row.
 */
const ENTER = script(`${NOW}
local key, expiresAt = unpack(ARGV)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
local listedUntil = text(math.max(tonumber(expiresAt), now) + ${KEPT + AHEAD})
local name = time[1] * 1000000 + time[2]
while redis.call('ZADD', KEYS[1], 'NX', listedUntil, text(name) .. ' ' .. key) == 0 do name = name + 1 end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], text(tonumber(last[2])))
return { text(name), listedUntil }
`)

export class UserIndex {
  readonly #connection: Connection
  readonly #prefix: string

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection
    this.#prefix = prefix
  }

  /** To be called before the row is written. */
  async enter(userId: string, key: string, expiresAt: number): Promise<Entry> {
    const index = this.#keyOf(userId)
    const send = (command: string[]) => this.#connection.send(index, command)
    const [name, listedUntil] = stringsOf(await run(send, ENTER, [index], [key, String(expiresAt)]))
    if (name === undefined || listedUntil === undefined) throw noAnswer()
    return { name, listedUntil }
  }

  /** The entries of keys that may belong to rows of the user, with those keys: every one that does is among them. */
  async entriesOf(userId: string): Promise<ReadonlyMap<string, string>> {
    const index = this.#keyOf(userId)
    const members = stringsOf(await this.#connection.send(index, ['ZRANGE', index, '0', '-1']))
    return new Map(members.map((member) => [member, member.slice(member.indexOf(' ') + 1)]))
  }

  /**
   * Takes out the entries of rows that are gone. Nobody waits for it, and a failure does no harm: what is left
   * leads nowhere, and goes when its time is over.
   */
  forget(stored: readonly StoredRow[]): void {
    for (const [userId, members] of membersByUser(stored)) {
      const index = this.#keyOf(userId)
      this.#connection.send(index, ['ZREM', index, ...members]).catch(() => {})
    }
  }

  /** A digest: an id of any length and content makes a short key, and cannot choose its slot of a cluster. */
  #keyOf(userId: string): string {
    return `${this.#prefix}u:${hash('sha256', userId, 'base64url')}`
  }
}

function membersByUser(stored: readonly StoredRow[]): Map<string, string[]> {
  const byUser = new Map<string, string[]>()
  for (const { row, entry } of stored) {
    if (row.userId === null || entry === NO_ENTRY) continue
    const members = byUser.get(row.userId) ?? []
    members.push(`${entry} ${row.key}`)
    byUser.set(row.userId, members)
  }
  return byUser
}

function noAnswer(): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    'Redis did not answer a script of redisStore as it should.',
  )
}
