import { createHmac, hash } from 'node:crypto'
import { LatchstringError } from './errors.ts'
import type { RandomSource } from './types.ts'

/** 256 bits; NIST SP 800-63B-4 section 5.1 asks for 64 or more. */
const TOKEN_BYTES = 32
const SESSION_ID_BYTES = 16
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/

/** A new secret for the browser: 43 characters of base64url. */
export function createToken(random: RandomSource): string {
  return randomText(random, TOKEN_BYTES)
}

/** A new public handle. Its length alone keeps it from being mistaken for a token. */
export function createSessionId(random: RandomSource): string {
  return randomText(random, SESSION_ID_BYTES)
}

/** Whether a text could be a token at all. What could not is never hashed nor looked up. */
export function isToken(text: string): boolean {
  return TOKEN_FORM.test(text)
}

/** The key under which a store keeps the session of this token. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64url')
}

/** What a renewed token is derived with: only the old token and this salt together give the new one. */
export function createSalt(random: RandomSource): string {
  return randomText(random, TOKEN_BYTES)
}

/**
 * The token that follows `token` at a renewal. Every request that still carries the old token arrives at
 * the same successor, although no store ever holds either of them.
 */
export function successorToken(token: string, salt: string): string {
  return createHmac('sha256', token).update(salt).digest('base64url')
}

function randomText(random: RandomSource, size: number): string {
  const bytes = random(size)
  if (bytes.byteLength !== size) {
    throw new LatchstringError('invalid_option', `random(${size}) returned ${bytes.byteLength} bytes`)
  }
  return Buffer.from(bytes).toString('base64url')
}
