import type { CreateOutcome, NewUser, Taken, UpdateOutcome, User, UserChanges, Users } from '../auth/types.ts'
import { LatchstringError } from '../core/errors.ts'
import type { UserId } from '../core/types.ts'
import { type PartDialect, SqlAccess } from '../stores/_sqlAccess.ts'
import type { Answer, Driver, Value } from '../stores/_sqlDriver.ts'
import { integerOf } from '../stores/_sqlValues.ts'
import { checkChanges, checkNewUser, isStorable } from './_check.ts'
import {
  assignmentsOf,
  assignmentsOfNew,
  type FoundBy,
  insertText,
  REMOVE_TEXT,
  selectText,
  USERS,
  updateText,
  userOf,
  valuesOf,
} from './_columns.ts'
import { changedUser, createdUser, ownIdOf } from './_user.ts'

/**
 * How often a change is tried that somebody else was in the way of who is gone when one looks. Each such race was
 * lost to somebody who won it, so this is only reached when the database refuses the change for another reason.
 */
const MAX_RACES = 32

/** What one database says differently from another about users. */
export interface Dialect extends PartDialect {
  /** From a statement in which each parameter is a question mark. */
  readonly spell: (text: string) => string
  /** The end of an INSERT, where it has to say that the id is wanted. */
  readonly afterInsert: string
}

export interface SqlUsers extends Users {
  /**
   * Creates or migrates the tables, whichever of several processes comes first; nothing when they are up to date.
   * The first call to the users does it by itself, so calling it at start-up is to fail early. After a failure
   * the next call tries again.
   */
  migrate(): Promise<void>
}

export function sqlUsers(dialect: Dialect, driver: Driver): SqlUsers {
  return new ServerUsers(dialect, driver)
}

class ServerUsers implements SqlUsers {
  readonly #dialect: Dialect
  readonly #database: string
  readonly #access: SqlAccess

  constructor(dialect: Dialect, driver: Driver) {
    this.#dialect = dialect
    this.#database = driver.database
    this.#access = new SqlAccess(dialect, driver)
  }

  migrate(): Promise<void> {
    return this.#access.migrate()
  }

  async find(id: UserId): Promise<User | null> {
    const ownId = ownIdOf(id)
    return ownId === null ? null : this.#findBy('id', ownId)
  }

  async findByEmail(key: string): Promise<User | null> {
    return isStorable(key) ? this.#findBy('email_key', Buffer.from(key)) : null
  }

  async findByUsername(key: string): Promise<User | null> {
    return isStorable(key) ? this.#findBy('username_key', Buffer.from(key)) : null
  }

  async create(user: NewUser): Promise<CreateOutcome> {
    checkNewUser(user)
    return this.#unlessTaken(user, null, () => this.#insert(user))
  }

  async update(id: UserId, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome> {
    checkChanges(changes)
    const ownId = ownIdOf(id)
    if (ownId === null) return { kind: 'changed' }
    return this.#unlessTaken(changes, ownId, () => this.#swap(ownId, credentialVersion, changes))
  }

  async remove(id: UserId): Promise<boolean> {
    const ownId = ownIdOf(id)
    return ownId !== null && (await this.#ask(REMOVE_TEXT, [ownId], 'remove')).count === 1
  }

  async #findBy(column: FoundBy, value: Value): Promise<User | null> {
    const { rows } = await this.#ask(selectText(column), [value], `find_by_${column}`)
    return rows[0] === undefined ? null : userOf(rows[0])
  }

  /** `null` when an identifier is taken. */
  async #insert(user: NewUser): Promise<CreateOutcome | null> {
    const assignments = assignmentsOfNew(user, bytesOf)
    const text = insertText(assignments) + this.#dialect.afterInsert
    const { rows, count, insertId } = await this.#ask(text, valuesOf(assignments), 'create')
    if (count === 0) return null
    return { kind: 'created', user: createdUser(integerOf(rows[0]?.[0] ?? insertId, USERS), user) }
  }

  /**
   * The user is read first, as MySQL does not show a row that it updates. `null` when an identifier is taken, or the
   * version moved after that.
   */
  async #swap(id: number, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome | null> {
    const before = await this.#findBy('id', id)
    if (before?.credentialVersion !== credentialVersion) return { kind: 'changed' }
    const assignments = assignmentsOf(changes, bytesOf)
    const values = [...valuesOf(assignments), id, credentialVersion]
    const { count } = await this.#ask(updateText(assignments), values)
    return count === 0 ? null : { kind: 'updated', user: changedUser(before, changes) }
  }

  /** Whoever was in the way may be gone before anybody sees who it was: then it is tried again. */
  async #unlessTaken<T>(
    wanted: UserChanges,
    self: number | null,
    attempt: () => Promise<T | null>,
  ): Promise<T | Taken> {
    for (let tries = 0; tries < MAX_RACES; tries++) {
      const outcome = (await attempt()) ?? (await this.#taken(wanted, self))
      if (outcome !== null) return outcome
    }
    throw new LatchstringError(
      'store_unavailable',
      `${this.#database} refused to store the user ${MAX_RACES} times, and nobody else has the email or username.`,
    )
  }

  async #taken({ email, username }: UserChanges, self: number | null): Promise<Taken | null> {
    if (isOther(email && (await this.findByEmail(email.key)), self)) return { kind: 'taken', field: 'email' }
    if (isOther(username && (await this.findByUsername(username.key)), self))
      return { kind: 'taken', field: 'username' }
    return null
  }

  /** Statements with a name are prepared once on each connection. */
  #ask(text: string, values: Value[], name?: string): Promise<Answer> {
    const spelled = this.#dialect.spell(text)
    const statement = name === undefined ? { text: spelled } : { name: `${USERS}_${name}`, text: spelled }
    return this.#access.ask(statement, values)
  }
}

function isOther(user: User | null | undefined, self: number | null): boolean {
  return user != null && user.id !== self
}

/** What is compared is stored as bytes: no collation can take two for one. */
function bytesOf(key: string): Buffer {
  return Buffer.from(key)
}
