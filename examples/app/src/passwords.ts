import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { createBoundedQueue } from './boundedQueue.ts'
import { type Argon2idHash, decodePhc, encodePhc } from './phc.ts'

const deriveTag = promisify(argon2)

const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32

const SHORTEST = 15
const LONGEST = 1_024
const LONGEST_BYTES = 4_096

export interface Passwords {
  hash(password: string): Promise<string>
  /** `null` stands for a user who does not exist: it takes the same time, and the answer is false. */
  verify(password: string, storedHash: string | null): Promise<boolean>
}

/** Hashing is bounded, because every hash takes 19 MiB and one of the few threads that also serve files and DNS. */
export function createPasswords(limits = { parallel: 2, waiting: 50 }): Passwords {
  const runInQueue = createBoundedQueue(limits)
  const decoy = { ...COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) }
  return {
    hash: (password) => runInQueue(() => hash(password)),
    async verify(password, storedHash) {
      // This refusal cannot tell whether there is such a user: nobody has a password like that.
      if (!isHashable(password)) return false
      const stored = storedHash === null ? null : decodePhc(storedHash)
      return runInQueue(() => matches(password, stored ?? decoy))
    },
  }
}

/** Why nobody may choose this password, in words for the person who chose it, or `null`. */
export function passwordWeakness(password: string, ownNames: readonly string[]): string | null {
  // The bytes come first: normalising a huge text is work that no one may ask for.
  if (Buffer.byteLength(password) > LONGEST_BYTES) return `Choose a password of at most ${LONGEST} characters`
  if (!password.isWellFormed()) return 'Choose a password without broken characters'
  const length = Array.from(password.normalize('NFC')).length
  if (length < SHORTEST) return `Choose a password of at least ${SHORTEST} characters`
  if (length > LONGEST) return `Choose a password of at most ${LONGEST} characters`
  const isOwnName = ownNames.some((name) => name.toLowerCase() === password.toLowerCase())
  return isOwnName ? 'Choose a password other than your email address or username' : null
}

function isHashable(password: string): boolean {
  return Buffer.byteLength(password) <= LONGEST_BYTES && password.isWellFormed()
}

async function hash(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return encodePhc({ ...COST, salt, tag: await tagOf(password, { ...COST, salt }, TAG_BYTES) })
}

async function matches(password: string, stored: Argon2idHash): Promise<boolean> {
  return timingSafeEqual(await tagOf(password, stored, stored.tag.length), stored.tag)
}

function tagOf(
  password: string,
  { memory, passes, parallelism, salt }: Omit<Argon2idHash, 'tag'>,
  tagLength: number,
) {
  // One form for a character that keyboards spell in several ways; nothing else of a password is ever changed.
  const message = password.normalize('NFC')
  return deriveTag('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength })
}
