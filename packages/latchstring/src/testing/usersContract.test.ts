import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type {
  CreateOutcome,
  Identifier,
  NewUser,
  Taken,
  UpdateOutcome,
  User,
  UserChanges,
  Users,
} from '../auth/types.ts'
import { LatchstringError } from '../core/errors.ts'
import type { UserId } from '../core/types.ts'
import { type UsersContractCase, usersContract } from './usersContract.ts'

interface Account {
  readonly user: User
  readonly emailKey: string
  readonly usernameKey: string | null
}

/** Users done right, with ids that are texts, in a form whose parts are easy to break. */
class PlainUsers implements Users {
  readonly accounts = new Map<UserId, Account>()
  readonly everything: Account[] = []

  newId(): string {
    return `user ${this.everything.length}`
  }

  isSame(stored: string | null, wanted: string): boolean {
    return stored === wanted
  }

  holderOf(isWanted: (account: Account) => boolean): Account | null {
    return [...this.accounts.values()].find(isWanted) ?? null
  }

  byEmail(key: string): Account | null {
    return this.holderOf(({ emailKey }) => this.isSame(emailKey, key))
  }

  byUsername(key: string): Account | null {
    return this.holderOf(({ usernameKey }) => this.isSame(usernameKey, key))
  }

  async find(id: UserId): Promise<User | null> {
    return this.accounts.get(id)?.user ?? null
  }

  async findByEmail(key: string): Promise<User | null> {
    return this.byEmail(key)?.user ?? null
  }

  async findByUsername(key: string): Promise<User | null> {
    return this.byUsername(key)?.user ?? null
  }

  taken({ email, username }: UserChanges, self?: UserId): Taken | null {
    const isOther = (account: Account | null) => account !== null && account.user.id !== self
    if (email && isOther(this.byEmail(email.key))) return { kind: 'taken', field: 'email' }
    if (username && isOther(this.byUsername(username.key))) return { kind: 'taken', field: 'username' }
    return null
  }

  async create(user: NewUser): Promise<CreateOutcome> {
    return this.taken(user) ?? this.insert(user)
  }

  insert({ email, username, passwordHash, createdAt }: NewUser): CreateOutcome {
    const user = {
      ...{ id: this.newId(), email: email.text, username: username?.text ?? null, emailVerifiedAt: null },
      ...{ passwordHash, credentialVersion: 0, disabledAt: null, createdAt },
    }
    this.put({ user, emailKey: email.key, usernameKey: username?.key ?? null })
    return { kind: 'created', user }
  }

  put(account: Account): void {
    this.everything.push(account)
    this.accounts.set(account.user.id, account)
  }

  async update(id: UserId, credentialVersion: number, changes: UserChanges): Promise<UpdateOutcome> {
    const account = this.accounts.get(id)
    if (account?.user.credentialVersion !== credentialVersion) return { kind: 'changed' }
    return this.taken(changes, id) ?? this.change(account, changes)
  }

  change({ user, emailKey, usernameKey }: Account, changes: UserChanges): UpdateOutcome {
    const { email, username, ...plain } = changes
    const names = {
      email: email?.text ?? user.email,
      username: username === undefined ? user.username : (username?.text ?? null),
    }
    const after = { ...user, ...plain, ...names }
    this.put({
      user: after,
      emailKey: email?.key ?? emailKey,
      usernameKey: username === undefined ? usernameKey : (username?.key ?? null),
    })
    return { kind: 'updated', user: after }
  }

  async remove(id: UserId): Promise<boolean> {
    return this.accounts.delete(id)
  }
}

class RejectsAbsentIds extends PlainUsers {
  override async find(id: UserId): Promise<User | null> {
    if (!this.accounts.has(id)) throw new Error('not found')
    return super.find(id)
  }
}

/** Look-ups of one turn share a trip, and the answers come in the order of the rows. */
class MixesSharedLookUps extends PlainUsers {
  #asked: [string, PromiseWithResolvers<User | null>][] = []

  override findByEmail(key: string): Promise<User | null> {
    if (this.#asked.length === 0) setImmediate(() => this.#answer())
    const answer = Promise.withResolvers<User | null>()
    this.#asked.push([key, answer])
    return answer.promise
  }

  #answer(): void {
    const asked = this.#asked
    this.#asked = []
    const found = [...this.accounts.values()].filter(({ emailKey }) =>
      asked.some(([key]) => key === emailKey),
    )
    for (const [index, [, { resolve }]] of asked.entries()) resolve(found[index]?.user ?? null)
  }
}

class FindsByTheText extends PlainUsers {
  override byEmail(key: string): Account | null {
    return this.holderOf(({ user }) => user.email === key)
  }
}

class HasOneIndexForBoth extends PlainUsers {
  override byEmail(key: string): Account | null {
    return super.byEmail(key) ?? super.byUsername(key)
  }
}

class TakesNobodyForAName extends PlainUsers {
  override isSame(stored: string | null, wanted: string): boolean {
    return super.isSame(stored ?? '', wanted)
  }
}

class AllowsOneWithoutAName extends PlainUsers {
  override async create(user: NewUser): Promise<CreateOutcome> {
    const isNameless = user.username === null && this.holderOf(({ usernameKey }) => usernameKey === null)
    return isNameless ? { kind: 'taken', field: 'username' } : super.create(user)
  }
}

class OverwritesOnCreate extends PlainUsers {
  override async create(user: NewUser): Promise<CreateOutcome> {
    const holder = this.byEmail(user.email.key)
    if (holder !== null) this.accounts.delete(holder.user.id)
    return super.create(user)
  }
}

class ForgetsUsernamesOnCreate extends PlainUsers {
  override async create(user: NewUser): Promise<CreateOutcome> {
    return this.taken({ email: user.email }) ?? this.insert(user)
  }
}

class LooksThenCreates extends PlainUsers {
  override async create(user: NewUser): Promise<CreateOutcome> {
    const taken = this.taken(user)
    await turn()
    return taken ?? this.insert(user)
  }
}

class CountsIdsTooSlowly extends PlainUsers {
  #count = 0

  override async create(user: NewUser): Promise<CreateOutcome> {
    const count = this.#count
    await turn()
    this.#count = count + 1
    return super.create(user)
  }

  override newId(): string {
    return `user ${this.#count}`
  }
}

class GivesIdsAgain extends PlainUsers {
  override newId(): string {
    return `user ${this.accounts.size}`
  }
}

class ForgetsWhatIsNotNamed extends PlainUsers {
  override change(account: Account, changes: UserChanges): UpdateOutcome {
    return super.change(account, { passwordHash: null, ...changes })
  }
}

class CountsChangedRows extends PlainUsers {
  override change(account: Account, changes: UserChanges): UpdateOutcome {
    const outcome = super.change(account, changes)
    const isSame = outcome.kind === 'updated' && JSON.stringify(outcome.user) === JSON.stringify(account.user)
    return isSame ? { kind: 'changed' } : outcome
  }
}

class KeepsOldKeys extends PlainUsers {
  override byEmail(key: string): Account | null {
    const found = this.everything.find(({ emailKey }) => emailKey === key)
    return found === undefined ? null : (this.accounts.get(found.user.id) ?? null)
  }
}

class NeverFreesNames extends PlainUsers {
  override change(account: Account, changes: UserChanges): UpdateOutcome {
    const { username, ...others } = changes
    return super.change(account, username === null ? others : changes)
  }
}

class TakesWhatIsTaken extends PlainUsers {
  override async update(id: UserId, version: number, changes: UserChanges): Promise<UpdateOutcome> {
    const account = this.accounts.get(id)
    if (account?.user.credentialVersion !== version) return { kind: 'changed' }
    return this.change(account, changes)
  }
}

class ChangesHalf extends PlainUsers {
  override async update(id: UserId, version: number, changes: UserChanges): Promise<UpdateOutcome> {
    const { email, username, ...plain } = changes
    await super.update(id, version, plain)
    return super.update(id, plain.credentialVersion ?? version, changes)
  }
}

class IgnoresTheVersion extends PlainUsers {
  override async update(id: UserId, _: number, changes: UserChanges): Promise<UpdateOutcome> {
    const version = this.accounts.get(id)?.user.credentialVersion ?? 0
    return super.update(id, version, changes)
  }
}

class BringsUsersBack extends PlainUsers {
  override async update(id: UserId, version: number, changes: UserChanges): Promise<UpdateOutcome> {
    const last = this.everything.findLast(({ user }) => user.id === id)
    if (last === undefined || last.user.credentialVersion !== version) return { kind: 'changed' }
    return this.change(last, changes)
  }
}

class LooksThenSwaps extends PlainUsers {
  override async update(id: UserId, version: number, changes: UserChanges): Promise<UpdateOutcome> {
    const account = this.accounts.get(id)
    await turn()
    if (account?.user.credentialVersion !== version) return { kind: 'changed' }
    return this.taken(changes, id) ?? this.change(account, changes)
  }
}

class LooksWhatIsTakenThenSwaps extends PlainUsers {
  override async update(id: UserId, version: number, changes: UserChanges): Promise<UpdateOutcome> {
    const taken = this.taken(changes, id)
    await turn()
    const account = this.accounts.get(id)
    if (account?.user.credentialVersion !== version) return { kind: 'changed' }
    return taken ?? this.change(account, changes)
  }
}

class SaysThatItWasThere extends PlainUsers {
  override async remove(id: UserId): Promise<boolean> {
    await super.remove(id)
    return true
  }
}

class CountsBeforeItRemoves extends PlainUsers {
  override async remove(id: UserId): Promise<boolean> {
    const isThere = this.accounts.has(id)
    await turn()
    this.accounts.delete(id)
    return isThere
  }
}

class KeepsUsersInAnObject extends PlainUsers {
  readonly #object: Record<string, User> = {}

  override put(account: Account): void {
    super.put(account)
    if (account.usernameKey !== null) this.#object[account.usernameKey] = account.user
  }

  override async findByUsername(key: string): Promise<User | null> {
    return this.#object[key] ?? null
  }
}

type Respell = (text: string) => string

/** Spells what it is told in another way. */
class Respells extends PlainUsers {
  readonly #respell: { readonly key?: Respell; readonly text?: Respell; readonly hash?: Respell }

  constructor(respell: { readonly key?: Respell; readonly text?: Respell; readonly hash?: Respell }) {
    super()
    this.#respell = respell
  }

  override byEmail(key: string): Account | null {
    return super.byEmail(this.#keyOf(key))
  }

  override byUsername(key: string): Account | null {
    return super.byUsername(this.#keyOf(key))
  }

  override async create(user: NewUser): Promise<CreateOutcome> {
    const { email, username, passwordHash } = user
    return super.create({
      ...user,
      email: this.#identifierOf(email),
      username: username && this.#identifierOf(username),
      passwordHash: passwordHash && (this.#respell.hash?.(passwordHash) ?? passwordHash),
    })
  }

  override change(account: Account, changes: UserChanges): UpdateOutcome {
    const { email, ...others } = changes
    return super.change(account, email ? { ...others, email: this.#identifierOf(email) } : others)
  }

  #identifierOf({ text, key }: Identifier): Identifier {
    return { text: this.#respell.text?.(text) ?? text, key: this.#keyOf(key) }
  }

  #keyOf(key: string): string {
    return this.#respell.key?.(key) ?? key
  }
}

/** Answers with other users than are right. */
class Answers extends PlainUsers {
  readonly #answer: (user: User) => User

  constructor(answer: (user: User) => User) {
    super()
    this.#answer = answer
  }

  override put(account: Account): void {
    super.put({ ...account, user: this.#answer(account.user) })
  }
}

class RefusesIllTexts extends PlainUsers {
  override async create(user: NewUser): Promise<CreateOutcome> {
    for (const text of [user.email.text, user.email.key, user.username?.key, user.passwordHash]) {
      if (text?.includes('\0') || text?.isWellFormed() === false)
        throw new LatchstringError('invalid_argument', 'refused')
    }
    return super.create(user)
  }
}

const utf8 = (text: string) => Buffer.from(text).toString()

/** What is broken, and a sentence of the contract that has to name it. */
const BROKEN: readonly [string, () => Users, RegExp][] = [
  ['rejects absent ids', () => new RejectsAbsentIds(), /^find: an id, an email/],
  [
    'adds a field',
    () => new Answers((user) => Object.assign({ roles: [] }, user)),
    /^find: a user comes back/,
  ],
  ['finds by the text', () => new FindsByTheText(), /^find: goes by the key/],
  ['has one index for both', () => new HasOneIndexForBoth(), /^find: an email is no username/],
  ['takes nobody for a name', () => new TakesNobodyForAName(), /^find: whoever has no username/],
  ['mixes look-ups that share a trip', () => new MixesSharedLookUps(), /^find: parallel calls/],
  [
    'makes a text of null',
    () => new Answers((user) => ({ ...user, passwordHash: user.passwordHash ?? '' })),
    /^create: a user without a password/,
  ],
  ['allows one without a name', () => new AllowsOneWithoutAName(), /^create: any number of users/],
  [
    'knows no time after 2038',
    () => new Answers((user) => ({ ...user, createdAt: user.createdAt | 0 })),
    /^create: times/,
  ],
  ['overwrites', () => new OverwritesOnCreate(), /^create: an email that is taken/],
  ['forgets usernames', () => new ForgetsUsernamesOnCreate(), /^create: a username that is taken/],
  ['overwrites one of two', () => new OverwritesOnCreate(), /^create: when both are taken/],
  ['looks, waits and creates', () => new LooksThenCreates(), /^create: of 100 parallel creates of one email/],
  [
    'looks, waits and names',
    () => new LooksThenCreates(),
    /^create: of 100 parallel creates of one username/,
  ],
  ['counts ids too slowly', () => new CountsIdsTooSlowly(), /^create: 100 parallel creates/],
  ['forgets what is not named', () => new ForgetsWhatIsNotNamed(), /^update: changes the fields/],
  ['counts changed rows', () => new CountsChangedRows(), /^update: that names nothing/],
  ['keeps old keys', () => new KeepsOldKeys(), /^update: a new email/],
  ['never frees a name', () => new NeverFreesNames(), /^update: a username may come/],
  ['takes what is taken', () => new TakesWhatIsTaken(), /^update: an email or username that is taken/],
  ['changes half', () => new ChangesHalf(), /^update: an email or username that is taken/],
  ['ignores the version', () => new IgnoresTheVersion(), /^update: on another credential version/],
  ['brings users back', () => new BringsUsersBack(), /^update: of a user who was removed/],
  ['looks, waits and swaps', () => new LooksThenSwaps(), /^update: of 100 parallel updates of one version/],
  ['loses increments', () => new LooksThenSwaps(), /^update: 50 parallel increments/],
  ['writes back what it has read', () => new LooksThenSwaps(), /^update: parallel updates of different/],
  ['looks, waits and takes', () => new LooksWhatIsTakenThenSwaps(), /^update: of 50 users/],
  ['looks, waits and takes from a sign-up', () => new LooksWhatIsTakenThenSwaps(), /^update: a sign-up and/],
  ['exchanges names', () => new TakesWhatIsTaken(), /^update: two users who want/],
  ['says that nobody was there', () => new SaysThatItWasThere(), /^remove: tells whether/],
  ['gives ids again', () => new GivesIdsAgain(), /^remove: the email and the username are free/],
  ['counts before it removes', () => new CountsBeforeItRemoves(), /^remove: of 100 parallel callers/],
  ['brings users back in a race', () => new LooksThenSwaps(), /^remove: no update brings back/],
  ['creates two in a race', () => new LooksThenCreates(), /^remove: sign-ups for an email/],
  ['ignores case', () => new Respells({ key: (key) => key.toLowerCase() }), /^text: hostile keys/],
  [
    'ignores normal forms',
    () => new Respells({ key: (key) => key.normalize('NFKC') }),
    /^text: hostile keys/,
  ],
  ['trims', () => new Respells({ key: (key) => key.trim() }), /^text: hostile keys/],
  ['keeps users in an object', () => new KeepsUsersInAnObject(), /^text: hostile keys/],
  [
    'knows no character beyond U+FFFF',
    () => new Respells({ text: (text) => text.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '?') }),
    /^text: hostile changes/,
  ],
  ['cuts emails', () => new Respells({ key: (key) => key.slice(0, 250) }), /^text: emails of 254/],
  ['cuts hashes', () => new Respells({ hash: (hash) => hash.slice(0, 255) }), /^text: a hash of 500/],
  [
    'finds a long key',
    () => new Respells({ key: (key) => key.slice(0, 254) }),
    /^text: a key that is longer/,
  ],
  ['ends texts at NUL', () => new Respells({ key: (key) => key.split('\0', 1).join() }), /^text: NUL and/],
  ['replaces lone surrogates', () => new Respells({ key: utf8 }), /^text: NUL and/],
  ['replaces them in what mail goes to', () => new Respells({ text: utf8 }), /^text: NUL and/],
]

async function isKept({ run }: UsersContractCase, users: Users): Promise<boolean> {
  return run(users, users).then(
    () => true,
    () => false,
  )
}

describe('the users contract', () => {
  test('is kept by users done right', async () => {
    for (const { run } of usersContract) {
      const users = new PlainUsers()
      await run(users, users)
    }
  })

  test('is kept by users that refuse NUL and lone surrogates', async () => {
    for (const { run } of usersContract) {
      const users = new RefusesIllTexts()
      await run(users, users)
    }
  })

  test('has a sentence of its own for each case', () => {
    const names = usersContract.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^(find|create|update|remove|text): ./)
  })

  for (const [fault, make, named] of BROKEN) {
    test(`finds users that ${fault}`, async () => {
      const cases = usersContract.filter(({ name }) => named.test(name))
      assert.equal(cases.length, 1, `${named} names one case`)
      for (const contractCase of cases)
        assert.equal(await isKept(contractCase, make()), false, contractCase.name)
    })
  }

  test('finds two that do not see each other', async () => {
    const kept = await Promise.all(
      usersContract.map(({ run }) =>
        run(new PlainUsers(), new PlainUsers()).then(
          () => true,
          () => false,
        ),
      ),
    )
    assert.ok(kept.filter((isKept) => !isKept).length > 10)
  })

  test('has no case that finds no fault', async () => {
    const idle: string[] = []
    for (const contractCase of usersContract) {
      const kept = await Promise.all(BROKEN.map(([, make]) => isKept(contractCase, make())))
      if (!kept.includes(false)) idle.push(contractCase.name)
    }
    assert.deepEqual(idle, [])
  })
})
