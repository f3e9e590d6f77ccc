import type { CreateOutcome, NewUser, Taken, UpdateOutcome, User, UserChanges, Users } from '../auth/types.ts'
import type { UserId } from '../core/types.ts'
import { checkChanges, checkNewUser } from './_check.ts'
import { changedUser, createdUser, ownIdOf } from './_user.ts'

/**
 * Users in this process's memory: for development and tests, as a restart forgets every account.
 *
 * @example
 * const users = memoryUsers()
 */
export function memoryUsers(): Users {
  return new MemoryUsers()
}

interface Account {
  readonly user: User
  readonly emailKey: string
  readonly usernameKey: string | null
}

/** Each change is made without an `await` inside, which is what makes it atomic here. */
class MemoryUsers implements Users {
  readonly #byId = new Map<UserId, Account>()
  readonly #byEmail = new Map<string, Account>()
  readonly #byUsername = new Map<string, Account>()
  #lastId = 0

  async find(id: UserId): Promise<User | null> {
    return this.#account(id)?.user ?? null
  }

  async findByEmail(key: string): Promise<User | null> {
    return this.#byEmail.get(key)?.user ?? null
  }

  async findByUsername(key: string): Promise<User | null> {
    return this.#byUsername.get(key)?.user ?? null
  }

  async create(user: NewUser): Promise<CreateOutcome> {
    checkNewUser(user)
    const taken = this.#taken(user, undefined)
    if (taken !== null) return taken
    const created = Object.freeze(createdUser(++this.#lastId, user))
    this.#put({ user: created, emailKey: user.email.key, usernameKey: user.username?.key ?? null })
    return { kind: 'created', user: created }
  }

  async update(id: UserId, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome> {
    checkChanges(changes)
    const account = this.#account(id)
    if (account?.user.credentialVersion !== credentialVersion) return { kind: 'changed' }
    const taken = this.#taken(changes, account)
    if (taken !== null) return taken
    const { email, username } = changes
    const user = Object.freeze(changedUser(account.user, changes))
    const emailKey = email?.key ?? account.emailKey
    const usernameKey = username === undefined ? account.usernameKey : (username?.key ?? null)
    this.#drop(account)
    this.#put({ user, emailKey, usernameKey })
    return { kind: 'updated', user }
  }

  async remove(id: UserId): Promise<boolean> {
    const account = this.#account(id)
    if (account !== undefined) this.#drop(account)
    return account !== undefined
  }

  #account(id: UserId): Account | undefined {
    return this.#byId.get(ownIdOf(id) ?? 0)
  }

  /** Who has an identifier of these is in the way, except `self`. */
  #taken({ email, username }: UserChanges, self: Account | undefined): Taken | null {
    const isTaken = (other: Account | undefined) => other !== undefined && other !== self
    if (email && isTaken(this.#byEmail.get(email.key))) return { kind: 'taken', field: 'email' }
    if (username && isTaken(this.#byUsername.get(username.key))) return { kind: 'taken', field: 'username' }
    return null
  }

  #put(account: Account): void {
    this.#byId.set(account.user.id, account)
    this.#byEmail.set(account.emailKey, account)
    if (account.usernameKey !== null) this.#byUsername.set(account.usernameKey, account)
  }

  #drop({ user, emailKey, usernameKey }: Account): void {
    this.#byId.delete(user.id)
    this.#byEmail.delete(emailKey)
    if (usernameKey !== null) this.#byUsername.delete(usernameKey)
  }
}
