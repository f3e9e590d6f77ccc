import { withDeadline } from '../core/deadline.ts'
import { LatchstringError } from '../core/errors.ts'
import type { Timers, UserId } from '../core/types.ts'
import type { CreateOutcome, Identifier, NewUser, UpdateOutcome, User, UserChanges, Users } from './types.ts'

/** Users around users that answer in time or fail with a LatchstringError. */
export class ReliableUsers implements Users {
  readonly #users: Users
  readonly #timeout: number
  readonly #timers: Timers

  /** `timeout` is for each call, in milliseconds. */
  constructor(users: Users, timeout: number, timers: Timers) {
    this.#users = users
    this.#timeout = timeout
    this.#timers = timers
  }

  find(id: UserId): Promise<User | null> {
    return this.#ask(() => this.#users.find(id))
  }

  findByEmail(key: Identifier['key']): Promise<User | null> {
    return this.#ask(() => this.#users.findByEmail(key))
  }

  findByUsername(key: Identifier['key']): Promise<User | null> {
    return this.#ask(() => this.#users.findByUsername(key))
  }

  create(user: NewUser): Promise<CreateOutcome> {
    return this.#ask(() => this.#users.create(user))
  }

  update(id: UserId, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome> {
    return this.#ask(() => this.#users.update(id, credentialVersion, changes))
  }

  remove(id: UserId): Promise<boolean> {
    return this.#ask(() => this.#users.remove(id))
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(call, this.#timeout, this.#timers)
    } catch (cause) {
      if (cause instanceof LatchstringError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new LatchstringError('store_unavailable', `users did not answer: ${reason}`, { cause })
    }
  }
}
