import { createHmac, timingSafeEqual } from 'node:crypto'
import { LatchstringError } from '../core/errors.ts'
import { isToken } from '../core/token.ts'
import type { RandomSource } from '../core/types.ts'

/** A secret serves several purposes: what is made for one is worth nothing for another. */
const PURPOSE = 'latchstring form token 1'
const DIGEST_BYTES = 32
/** base64url of two digests. */
const TOKEN_FORM = /^[A-Za-z0-9_-]{86}$/

/**
 * What a form carries to show that it comes from a page of ours, made for this browser. It looks different each
 * time, so that nothing can be learned from the length of compressed pages (BREACH).
 *
 * @param secret The token of the session, or of the cookie that binds forms before there is a session.
 * @throws LatchstringError `invalid_argument` for a secret that is no such token.
 *
 * @example
 * html`<input type="hidden" name="formToken" value="${createFormToken(session.token, random)}">`
 */
export function createFormToken(secret: string, random: RandomSource): string {
  if (!isToken(secret)) throw new LatchstringError('invalid_argument', 'a form token is bound to a token')
  const pad = Buffer.from(random(DIGEST_BYTES))
  if (pad.byteLength !== DIGEST_BYTES) {
    throw new LatchstringError('invalid_option', `random(${DIGEST_BYTES}) returned ${pad.byteLength} bytes`)
  }
  return Buffer.concat([pad, xor(digestOf(secret), pad)]).toString('base64url')
}

/** Whether a text is a form token that was made with this secret. Never throws, whatever a client sends. */
export function isFormToken(secret: string, text: unknown): boolean {
  if (typeof text !== 'string' || !TOKEN_FORM.test(text) || !isToken(secret)) return false
  const bytes = Buffer.from(text, 'base64url')
  const digest = xor(bytes.subarray(DIGEST_BYTES), bytes.subarray(0, DIGEST_BYTES))
  return timingSafeEqual(digest, digestOf(secret))
}

function digestOf(secret: string): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).digest()
}

function xor(bytes: Buffer, pad: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (pad[index] ?? 0)))
}
