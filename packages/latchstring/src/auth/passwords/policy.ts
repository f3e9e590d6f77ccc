import { LatchstringError } from '../../core/errors.ts'
import { formsOf } from './forms.ts'
import { isOversized, passwordText } from './text.ts'

/** Why nobody may choose a password. */
export type Weakness =
  | 'too_short'
  | 'too_long'
  /** It holds half a character, which no keyboard types, or is no text at all. */
  | 'malformed'
  /** It is on the list of common passwords, or made from one as everybody does. */
  | 'common'
  /** It is the person's own email address, its local part, the username, or the name of the application. */
  | 'own_name'
  /** It was in a known breach. */
  | 'breached'
  /** It is the password that is to be replaced. */
  | 'unchanged'

export interface PasswordPolicy {
  /** What the person and the application are called. */
  readonly ownNames: readonly string[]
  /** In code points. */
  readonly minimum: number
}

/** NIST SP 800-63B-4, section 3.1.1.2: 15 for a password alone, 8 beside a second factor, and room for 64. */
const DEFAULT_MINIMUM = 15
const LOWEST_MINIMUM = 8
const HIGHEST_MINIMUM = 64

const LONGEST = 1_024

/** What is wrong with a password by itself, or `null`. No rule asks for kinds of characters: that is on purpose. */
export function checkPassword(password: string, { ownNames, minimum }: PasswordPolicy): Weakness | null {
  const text = passwordText(password)
  if (text === null) return typeof password === 'string' && isOversized(password) ? 'too_long' : 'malformed'
  const length = Array.from(text).length
  if (length < minimum) return 'too_short'
  if (length > LONGEST) return 'too_long'
  return isOwnName(text, ownNames) ? 'own_name' : null
}

/**
 * The shortest password that an option allows.
 * @throws LatchstringError `invalid_option`
 */
export function minimumOption(option: unknown): number {
  if (option === undefined) return DEFAULT_MINIMUM
  const isNumber = typeof option === 'number' && Number.isSafeInteger(option)
  if (isNumber && option >= LOWEST_MINIMUM && option <= HIGHEST_MINIMUM) return option
  throw new LatchstringError(
    'invalid_option',
    'passwords.minimum takes a whole number of characters from 8, for accounts that always have a second ' +
      'factor, to 64; a password alone needs 15',
  )
}

/** A name is refused as a whole, never as a part: a sentence may well begin with it. */
function isOwnName(text: string, ownNames: readonly string[]): boolean {
  const forms = formsOf(text.toLowerCase())
  return ownNames.flatMap(spellingsOf).some((name) => forms.includes(name))
}

function spellingsOf(name: string): string[] {
  const text = passwordText(name)?.toLowerCase() ?? ''
  const localPart = text.slice(0, Math.max(0, text.lastIndexOf('@')))
  return [text, localPart]
}
