import { availableParallelism } from 'node:os'
import { LatchstringError } from '../../core/errors.ts'
import { checkFunction, refuseUnknownOptions } from '../../core/options.ts'
import type { RandomSource, Timers } from '../../core/types.ts'
import { type Bcrypt, bcryptOption, matchesBcrypt } from './bcrypt.ts'
import { isCommon } from './blocklist.ts'
import type { BreachCheck } from './breach.ts'
import { type Cost, costOption, isWeaker, SALT_BYTES, TAG_BYTES } from './cost.ts'
import { argon2idTag, matchesTag } from './derive.ts'
import { PasswordKeys } from './keys.ts'
import { type Argon2idHash, encodeArgon2id, readHash, type StoredHash } from './phc.ts'
import { checkPassword, minimumOption, type Weakness } from './policy.ts'
import { Queue } from './queue.ts'
import { passwordText } from './text.ts'

/** What an application may say about passwords. Every default is the safe one. */
export interface PasswordOptions {
  /**
   * What a new hash costs, from OWASP's floor upward: `memory` in KiB and `passes`. Default
   * `{ memory: 19456, passes: 2 }`. Hashes that cost less are replaced at the next login.
   */
  cost?: Partial<Cost>
  /**
   * How many passwords are hashed at once. Default: the cores but one, which goes on serving requests, at least 1
   * and at most 3, because files and DNS look-ups need one of the four threads that Node has by default.
   */
  parallel?: number
  /** How many more may wait, for at most 5 seconds; the others are told to come back. Default 100. */
  waiting?: number
  /**
   * Secrets that are not in the database, of 32 bytes or more each: whoever steals the hashes can try no password out
   * without them. New hashes are made with the first, and those of the others are replaced at the next login. A hash
   * whose key is not here matches nothing. Default: none.
   */
  keys?: readonly string[]
  /** Reads bcrypt hashes that come from elsewhere: the package bcryptjs or bcrypt. New hashes are argon2id. */
  bcrypt?: Bcrypt
  /** Refuses passwords known from breaches, for example `pwnedPasswords()`. Default: nobody is asked. */
  breached?: BreachCheck
  /** Is told why a breach check failed. The password counts as unknown to it then. */
  onBreachCheckFailed?: (error: unknown) => unknown
  /** The application's name, which is nobody's password. */
  appName?: string
  /**
   * The shortest password, in characters. Default 15, which NIST SP 800-63B-4 asks for where the password is all;
   * from 8 if every account has a second factor.
   */
  minimum?: number
}

/** Where chance and waiting come from. */
export interface PasswordSources {
  readonly random: RandomSource
  readonly timers: Timers
}

export interface Verification {
  readonly matches: boolean
  /** Whether the password matches a hash that is weaker than a new one, or of another key: hash it and store that. */
  readonly needsRehash: boolean
}

const OPTIONS = [
  ...[
    'cost',
    'keys',
    'parallel',
    'waiting',
    'bcrypt',
    'breached',
    'onBreachCheckFailed',
    'appName',
    'minimum',
  ],
  ...['random', 'timers'],
]

const LONGEST_WAIT = 5_000

/** Hashed instead of what cannot be a password, so that it takes as long. */
const PLACEHOLDER = 'placeholder'

/** Hashes, verifies and judges passwords, a bounded number at once. */
export class Passwords {
  readonly #cost: Cost
  readonly #keys: PasswordKeys
  readonly #random: RandomSource
  readonly #queue: Queue
  readonly #decoy: Argon2idHash
  readonly #bcrypt: Bcrypt | null
  readonly #minimum: number
  readonly #appNames: readonly string[]
  readonly #isBreached: BreachCheck
  readonly #onBreachCheckFailed: ((error: unknown) => unknown) | undefined

  /** @throws LatchstringError `invalid_option` */
  constructor(options: PasswordOptions & PasswordSources) {
    refuseUnknownOptions('passwords', options, OPTIONS)
    checkFunction('passwords.breached', options.breached)
    checkFunction('passwords.onBreachCheckFailed', options.onBreachCheckFailed)
    this.#cost = costOption(options.cost)
    this.#keys = new PasswordKeys(options.keys)
    this.#random = options.random
    this.#queue = queueOf(options)
    this.#decoy = { ...this.#newParameters(), tag: bytesFrom(options.random, TAG_BYTES) }
    this.#bcrypt = bcryptOption(options.bcrypt)
    this.#minimum = minimumOption(options.minimum)
    this.#appNames = namesOption(options.appName)
    this.#isBreached = options.breached ?? (async () => false)
    this.#onBreachCheckFailed = options.onBreachCheckFailed
  }

  /** The shortest password that may be chosen, in characters. */
  get minimum(): number {
    return this.#minimum
  }

  /**
   * A new hash in the PHC string format, at most 128 characters long.
   * @throws LatchstringError `overloaded`; `invalid_argument` for a password that `weakness` calls too long or malformed.
   */
  async hash(password: string): Promise<string> {
    const text = passwordText(password)
    if (text === null) {
      throw new LatchstringError(
        'invalid_argument',
        'this cannot be a password: ask weakness() before hash()',
      )
    }
    const parameters = this.#newParameters()
    const secret = this.#keys.secretFor(parameters)
    const tag = await this.#queue.run(() => argon2idTag(text, TAG_BYTES, parameters, secret))
    return encodeArgon2id({ ...parameters, tag })
  }

  /**
   * Does work that ends with `verify`, if there will be room for that.
   * @throws LatchstringError `overloaded`
   */
  admit<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.admit(work)
  }

  /**
   * Whether a password is the one of a stored hash. `null` stands for an account that does not exist or has no
   * password: it takes as long as a wrong password for a new hash, and so does a hash that cannot be read, or compared.
   * @throws LatchstringError `overloaded`
   */
  async verify(password: string, storedHash: string | null): Promise<Verification> {
    const text = passwordText(password)
    const stored = storedHash === null ? null : this.#read(storedHash)
    const isRight = await this.#queue.run(() => this.#compare(text ?? PLACEHOLDER, stored ?? this.#decoy))
    const matches = isRight && text !== null && stored !== null
    return { matches, needsRehash: matches && this.#isOutdated(stored) }
  }

  /** Why this person may not choose this password, or `null`. `ownNames` are email address and username. */
  async weakness(password: string, ownNames: readonly string[]): Promise<Weakness | null> {
    const policy = { ownNames: [...ownNames, ...this.#appNames], minimum: this.#minimum }
    const weakness = checkPassword(password, policy)
    if (weakness !== null) return weakness
    const text = password.normalize('NFC')
    if (await isCommon(text)) return 'common'
    return (await this.#isKnownBreach(text)) ? 'breached' : null
  }

  /** Nobody is kept from a password because a service does not answer. */
  async #isKnownBreach(text: string): Promise<boolean> {
    try {
      return (await this.#isBreached(text)) === true
    } catch (error) {
      this.#report(error)
      return false
    }
  }

  #report(error: unknown): void {
    try {
      Promise.resolve(this.#onBreachCheckFailed?.(error)).catch(() => {})
    } catch {
      // The listener is the application's: its failures are for the application to notice.
    }
  }

  #read(text: string): StoredHash | null {
    const stored = readHash(text)
    return stored !== null && this.#keys.has(stored) ? stored : null
  }

  #compare(text: string, stored: StoredHash): Promise<boolean> {
    if (stored.kind === 'bcrypt') return matchesBcrypt(this.#bcrypt, text, stored.text)
    const secret = stored.kind === 'argon2id' ? this.#keys.secretFor(stored) : undefined
    return matchesTag(text, stored, secret)
  }

  #isOutdated(stored: StoredHash): boolean {
    return isWeaker(stored, this.#cost) || !this.#keys.isNewest(stored)
  }

  #newParameters(): Omit<Argon2idHash, 'tag'> {
    const { newestId } = this.#keys
    const key = newestId === null ? {} : { keyId: newestId }
    const salt = bytesFrom(this.#random, SALT_BYTES)
    return { kind: 'argon2id', ...this.#cost, parallelism: 1, ...key, salt }
  }
}

function namesOption(appName: unknown): readonly string[] {
  if (appName === undefined) return []
  if (typeof appName === 'string') return [appName]
  throw new LatchstringError('invalid_option', 'passwords.appName takes the name that people know')
}

function queueOf({ parallel, waiting, timers }: PasswordOptions & PasswordSources): Queue {
  return new Queue({
    parallel: countOption('passwords.parallel', parallel ?? defaultParallel(), 1),
    waiting: countOption('passwords.waiting', waiting ?? 100, 0),
    longestWait: LONGEST_WAIT,
    timers,
  })
}

function defaultParallel(): number {
  return Math.max(1, Math.min(3, availableParallelism() - 1))
}

function countOption(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new LatchstringError('invalid_option', `${name} takes a whole number from ${least} up`)
}

function bytesFrom(random: RandomSource, size: number): Buffer {
  const bytes = random(size)
  if (bytes.byteLength === size) return Buffer.from(bytes)
  throw new LatchstringError('invalid_option', `random(${size}) returned ${bytes.byteLength} bytes`)
}
