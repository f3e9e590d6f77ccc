import { createToken, isToken, tokenKey } from '../../core/token.ts'
import type { RandomSource } from '../../core/types.ts'

/** How the secret in a cookie and the key in the store belong together. */
export interface Ids {
  /** The keys under which the session of a token may be, in the order in which to look. */
  keysOf(token: string): readonly string[]
  /** The key of a new session. */
  keyOf(token: string): string
  createToken(): string
}

/** As many random bytes as express-session takes. */
const RAW_BYTES = 24

/** The key is the token itself, as in express-session. */
export function rawIds(random: RandomSource): Ids {
  return {
    keysOf: (token) => [token],
    keyOf: (token) => token,
    createToken: () => Buffer.from(random(RAW_BYTES)).toString('base64url'),
  }
}

/** The key is the hash of the token, so that the store logs nobody in. */
export function hashedIds(random: RandomSource): Ids {
  return {
    keysOf: (token) => [tokenKey(token)],
    keyOf: tokenKey,
    createToken: () => createToken(random),
  }
}

/**
 * New sessions are hashed, and old rows are found by the id that they were stored under. What has the form of a hash is
 * never looked up as it is: a copied key of the store, signed with a copied secret, would pass for a token.
 */
export function migratingIds(random: RandomSource): Ids {
  const hashed = hashedIds(random)
  return { ...hashed, keysOf: (token) => (isToken(token) ? [tokenKey(token)] : [tokenKey(token), token]) }
}
