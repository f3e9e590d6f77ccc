import { argon2, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Argon2idHash, DerivedHash, Pbkdf2Hash, ScryptHash } from './phc.ts'

// Node's own functions: each runs in a thread of libuv's pool and never on the event loop.
const deriveArgon2 = promisify(argon2)
const derivePbkdf2 = promisify(pbkdf2)

/** Whether the password, with the secret that the hash may need, leads to the tag of the hash. */
export async function matchesTag(password: string, hash: DerivedHash, secret?: Buffer): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash, secret), hash.tag)
}

/** The argon2id tag of a password. */
export function argon2idTag(
  password: string,
  tagLength: number,
  { memory, passes, parallelism, salt }: Omit<Argon2idHash, 'kind' | 'tag'>,
  secret?: Buffer,
): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength }
  return deriveArgon2('argon2id', secret === undefined ? parameters : { ...parameters, secret })
}

function derive(password: string, hash: DerivedHash, secret: Buffer | undefined): Promise<Buffer> {
  if (hash.kind === 'argon2id') return argon2idTag(password, hash.tag.length, hash, secret)
  return hash.kind === 'scrypt' ? scryptTag(password, hash) : pbkdf2Tag(password, hash)
}

function scryptTag(
  password: string,
  { cost, blockSize, parallelism, salt, tag }: ScryptHash,
): Promise<Buffer> {
  // The blocks of RFC 7914, section 6, and one to spare; Node refuses more than 32 MiB unless it is told.
  const maxmem = 128 * blockSize * (cost + parallelism + 2)
  const options = { cost, blockSize, parallelization: parallelism, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, tag.length, options, (error, derived) =>
      error ? reject(error) : resolve(derived),
    )
  })
}

function pbkdf2Tag(password: string, { digest, iterations, salt, tag }: Pbkdf2Hash): Promise<Buffer> {
  return derivePbkdf2(password, salt, iterations, tag.length, digest)
}
