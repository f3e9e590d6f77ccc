/** An argon2id hash with all that is needed to compute it again. */
export interface Argon2idHash {
  readonly kind: 'argon2id'
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  /** Of the secret that it was made with, in base64; absent if it was made without one. */
  readonly keyId?: string
  readonly salt: Buffer
  readonly tag: Buffer
}

export interface ScryptHash {
  readonly kind: 'scrypt'
  /** The power of two that RFC 7914 calls N. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly tag: Buffer
}

export interface Pbkdf2Hash {
  readonly kind: 'pbkdf2'
  readonly digest: string
  readonly iterations: number
  readonly salt: Buffer
  readonly tag: Buffer
}

/** Opaque to us: a library that the application brings compares it. */
export interface BcryptHash {
  readonly kind: 'bcrypt'
  readonly text: string
}

/** A hash that is a tag derived from a password and a salt. */
export type DerivedHash = Argon2idHash | ScryptHash | Pbkdf2Hash
export type StoredHash = DerivedHash | BcryptHash

// No stored hash may ask for more than 1 GiB of memory or for more than some seconds of work: in each unit, that
// is about a hundred times our default.
const MOST_MEMORY_KIB = 1_048_576
const MOST_ARGON2_WORK = 4_194_304
const MOST_SCRYPT_WORK = 16_777_216
const MOST_PBKDF2_ITERATIONS = 10_000_000
const MOST_PARALLELISM = 16

const FEWEST_SALT_BYTES = 8
const FEWEST_TAG_BYTES = 16
const MOST_BYTES = 64

const ARGON2ID =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d{0,6}),p=([1-9]\d?)(?:,keyid=([A-Za-z0-9+/]{1,11}))?\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const SCRYPT = /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const PBKDF2 =
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?([1-9]\d{0,7})(?:,l=(\d\d))?\$([A-Za-z0-9+./]+)\$([A-Za-z0-9+./]+)$/
const DJANGO = /^pbkdf2_(sha1|sha256)\$([1-9]\d{0,7})\$([A-Za-z0-9]+)\$([A-Za-z0-9+/]+={0,2})$/
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|1[0-6])\$[A-Za-z0-9./]{53}$/

/** The parts of a stored hash, or `null` for a text that is none, or one that asks for too much. */
export function readHash(text: string): StoredHash | null {
  for (const read of [readArgon2id, readScrypt, readPbkdf2, readDjango, readBcrypt]) {
    const hash = read(text)
    if (hash !== null) return hash
  }
  return null
}

/** The PHC string format: the text form that other languages and libraries read too. */
export function encodeArgon2id(hash: Argon2idHash): string {
  const { memory, passes, parallelism, keyId, salt, tag } = hash
  const key = keyId === undefined ? '' : `,keyid=${keyId}`
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}${key}$${unpadded(salt)}$${unpadded(tag)}`
}

/** Whether a server can compute argon2id at this cost without harm. */
export function isAffordable({ memory, passes }: { memory: number; passes: number }): boolean {
  return memory <= MOST_MEMORY_KIB && memory * passes <= MOST_ARGON2_WORK
}

function readArgon2id(text: string): Argon2idHash | null {
  const [, memory, passes, parallelism, keyId, salt, tag] = ARGON2ID.exec(text) ?? []
  const bytes = bytesOf(salt, tag)
  if (bytes === null) return null
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  // RFC 9106, section 3.1: eight blocks of memory a lane.
  const isValid = cost.parallelism <= MOST_PARALLELISM && cost.memory >= 8 * cost.parallelism
  if (!isValid || !isAffordable(cost)) return null
  return { kind: 'argon2id', ...cost, ...(keyId !== undefined && { keyId }), ...bytes }
}

function readScrypt(text: string): ScryptHash | null {
  const [, logarithm, blockSize, parallelism, salt, tag] = SCRYPT.exec(text) ?? []
  const bytes = bytesOf(salt, tag)
  if (bytes === null) return null
  const cost = {
    cost: 2 ** Number(logarithm),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
  }
  const memory = (cost.cost * cost.blockSize * 128) / 1_024
  const work = cost.cost * cost.blockSize * cost.parallelism
  const isBounded = memory <= MOST_MEMORY_KIB && work <= MOST_SCRYPT_WORK
  return isBounded && cost.parallelism <= MOST_PARALLELISM ? { kind: 'scrypt', ...cost, ...bytes } : null
}

/** The PHC form, and that of Python's passlib, whose base64 has a dot for the plus. */
function readPbkdf2(text: string): Pbkdf2Hash | null {
  const [, digest = 'sha1', iterations, length, salt, tag] = PBKDF2.exec(text) ?? []
  const bytes = bytesOf(salt?.replaceAll('.', '+'), tag?.replaceAll('.', '+'))
  if (bytes === null || (length !== undefined && Number(length) !== bytes.tag.length)) return null
  return pbkdf2Hash(digest, Number(iterations), bytes)
}

/** Django's own form: its salt is text, and its base64 is padded. */
function readDjango(text: string): Pbkdf2Hash | null {
  const [, digest = '', iterations, salt = '', tag = ''] = DJANGO.exec(text) ?? []
  const bytes = bytesOf(unpadded(Buffer.from(salt)), tag.replace(/=+$/, ''))
  const isPadded = tag.length % 4 === 0
  return bytes === null || !isPadded ? null : pbkdf2Hash(digest, Number(iterations), bytes)
}

function pbkdf2Hash(digest: string, iterations: number, bytes: SaltAndTag): Pbkdf2Hash | null {
  return iterations <= MOST_PBKDF2_ITERATIONS ? { kind: 'pbkdf2', digest, iterations, ...bytes } : null
}

/** `$2y$` is PHP's name for the corrected algorithm that everybody else calls `$2b$`. */
function readBcrypt(text: string): BcryptHash | null {
  return BCRYPT.test(text) ? { kind: 'bcrypt', text: text.replace(/^\$2y/, '$2b') } : null
}

interface SaltAndTag {
  readonly salt: Buffer
  readonly tag: Buffer
}

function bytesOf(saltText: string | undefined, tagText: string | undefined): SaltAndTag | null {
  const salt = decodeBase64(saltText ?? '', FEWEST_SALT_BYTES)
  const tag = decodeBase64(tagText ?? '', FEWEST_TAG_BYTES)
  return salt === null || tag === null ? null : { salt, tag }
}

/** One text for one value: what only a lenient decoder reads is refused. */
function decodeBase64(text: string, fewestBytes: number): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  const isCanonical = unpadded(bytes) === text
  return isCanonical && bytes.length >= fewestBytes && bytes.length <= MOST_BYTES ? bytes : null
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
