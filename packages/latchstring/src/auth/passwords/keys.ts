import { createHmac } from 'node:crypto'
import { LatchstringError } from '../../core/errors.ts'
import type { StoredHash } from './phc.ts'

/** A secret beside the database, without which a hash that was made with it cannot be tried out. */
interface PasswordKey {
  /** Stands in every hash that needs this key, and tells nothing of it. */
  readonly id: string
  readonly secret: Buffer
}

const FEWEST_BYTES = 32

/** The PHC string format has room for eight. */
const ID_BYTES = 6

/** The keys of passwords, the newest first: new hashes are made with that, and all others are still verified. */
export class PasswordKeys {
  readonly #keys: readonly PasswordKey[]

  /** @throws LatchstringError `invalid_option` */
  constructor(option: unknown) {
    this.#keys = keysOption(option).map(keyOf)
  }

  /** The id of the key of new hashes; `null` if they need none. */
  get newestId(): string | null {
    return this.#keys[0]?.id ?? null
  }

  /** Whether a hash can be compared at all. */
  has(stored: StoredHash): boolean {
    const id = keyIdOf(stored)
    return id === null || this.#find(id) !== undefined
  }

  /** What a hash needs beside the password, if it needs anything. */
  secretFor({ keyId }: { readonly keyId?: string }): Buffer | undefined {
    return keyId === undefined ? undefined : this.#find(keyId)?.secret
  }

  /** Whether a new hash would be made with the same key, or without one too. */
  isNewest(stored: StoredHash): boolean {
    return keyIdOf(stored) === this.newestId
  }

  #find(id: string): PasswordKey | undefined {
    return this.#keys.find((key) => key.id === id)
  }
}

function keyIdOf(stored: StoredHash): string | null {
  return stored.kind === 'argon2id' ? (stored.keyId ?? null) : null
}

function keysOption(option: unknown): readonly string[] {
  if (option === undefined) return []
  const texts: unknown[] = Array.isArray(option) ? option : []
  const keys = texts.filter(isLongText)
  const areAll = keys.length === texts.length && new Set(keys).size === keys.length
  if (keys.length > 0 && areAll) return keys
  throw new LatchstringError(
    'invalid_option',
    `passwords.keys takes an array of different secrets of ${FEWEST_BYTES} bytes or more, the newest first`,
  )
}

function isLongText(text: unknown): text is string {
  return typeof text === 'string' && Buffer.byteLength(text) >= FEWEST_BYTES
}

function keyOf(text: string): PasswordKey {
  const secret = Buffer.from(text)
  const digest = createHmac('sha256', secret).update('latchstring password key').digest()
  return { id: digest.subarray(0, ID_BYTES).toString('base64'), secret }
}
