import { domainToASCII } from 'node:url'
import type { Identifier } from './types.ts'

/** What an account is looked up by: an email address or a username, never both. */
export interface LoginIdentifier {
  readonly kind: 'email' | 'username'
  readonly key: string
}

/** A domain may be shorter in ASCII than as it was typed; what is longer than this is not even looked at. */
const LONGEST_TYPED = 1_024
/** RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3: a path has 256 characters, two of them angle brackets. */
const LONGEST_LOCAL_PART = 64
const LONGEST_EMAIL = 254

/**
 * As in the HTML standard's definition of `<input type="email">`: no quotes, no comments. Only the hyphen in front
 * is left out, because mail programs take it for an option.
 */
const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~][a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]*$/
const TYPED_DOMAIN = /^[a-zA-Z0-9.\P{ASCII}-]+$/u
/** A name with a dot: without one it is a slip, or this very machine. A last label of digits makes an IP address. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Controls, invisible formatting, unpaired surrogates and every kind of space. */
const INVISIBLE = /[\p{C}\p{Z}]/u
/** No @, so that a username is never somebody's email address. */
const USERNAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/

/**
 * The email address of a text, or `null`. `text` is what mail is sent to, with the domain in ASCII; `key` is the
 * same for all spellings of the address.
 *
 * @example
 * parseEmail(' Anna@Bücher.example ') // { text: 'Anna@xn--bcher-kva.example', key: 'anna@xn--bcher-kva.example' }
 */
export function parseEmail(text: unknown): Identifier | null {
  const [localPart, typedDomain, ...others] = typed(text)?.split('@') ?? []
  if (localPart === undefined || typedDomain === undefined || others.length > 0) return null
  if (localPart.length > LONGEST_LOCAL_PART || !LOCAL_PART.test(localPart)) return null
  const domain = asciiDomain(typedDomain)
  return domain === null ? null : emailOf(`${localPart}@${domain}`)
}

/**
 * The username of a text, or `null`: 1 to 64 letters and digits of ASCII, also `.`, `_` and `-` but not in front.
 *
 * @example
 * parseUsername('Anna') // { text: 'Anna', key: 'anna' }
 */
export function parseUsername(text: unknown): Identifier | null {
  const username = typed(text)
  return username !== null && USERNAME.test(username) ? identifierOf(username) : null
}

/** What somebody who logs in may mean by a text, or `null`: with an @ it is an email address. */
export function parseLoginIdentifier(text: unknown): LoginIdentifier | null {
  const kind = typeof text === 'string' && text.includes('@') ? 'email' : 'username'
  const identifier = kind === 'email' ? parseEmail(text) : parseUsername(text)
  return identifier === null ? null : { kind, key: identifier.key }
}

/** A text of bearable length without the blanks that people leave at the ends of a field. */
function typed(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > LONGEST_TYPED) return null
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

/** By UTS #46, as browsers read it. What it would decode or cut off never gets there. */
function asciiDomain(typedDomain: string): string | null {
  const domain = typedDomain.normalize('NFC')
  if (INVISIBLE.test(domain) || !TYPED_DOMAIN.test(domain)) return null
  const ascii = domainToASCII(domain)
  return DOMAIN.test(ascii) ? ascii : null
}

function emailOf(address: string): Identifier | null {
  return address.length > LONGEST_EMAIL ? null : identifierOf(address)
}

/** The text is ASCII: in all of Unicode some letters share a lower case, and two people would share a key. */
function identifierOf(text: string): Identifier {
  return { text, key: text.toLowerCase() }
}
