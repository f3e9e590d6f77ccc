import { LatchstringError } from '../../core/errors.ts'

/** What the packages `bcryptjs` and `bcrypt` have in common: `import bcrypt from 'bcryptjs'` is one. */
export interface Bcrypt {
  compare(password: string, hash: string): Promise<boolean>
}

const MOST_BYTES = 72

/** Compared instead of a password that may not match, so that it takes as long. */
const PLACEHOLDER = 'placeholder'

/**
 * Whether a password is the one of a bcrypt hash. bcrypt looks at no more than 72 bytes (CVE-2025-22228), and takes
 * a NUL for the end or for a new beginning. A password of which it sees only a part never matches.
 * @throws LatchstringError `invalid_option` without a bcrypt library: nobody with such a hash could log in.
 */
export async function matchesBcrypt(bcrypt: Bcrypt | null, password: string, hash: string): Promise<boolean> {
  if (bcrypt === null) {
    throw new LatchstringError(
      'invalid_option',
      "a stored password hash is bcrypt: npm install bcryptjs, import bcrypt from 'bcryptjs', " +
        'and give it as passwords.bcrypt',
    )
  }
  const isWhole = Buffer.byteLength(password) <= MOST_BYTES && !password.includes('\0')
  const matches = await bcrypt.compare(isWhole ? password : PLACEHOLDER, hash)
  return isWhole && matches === true
}

/** @throws LatchstringError `invalid_option` for what has no `compare`. */
export function bcryptOption(option: unknown): Bcrypt | null {
  if (option === undefined) return null
  if (isBcrypt(option)) return option
  throw new LatchstringError('invalid_option', 'passwords.bcrypt takes the module bcryptjs or bcrypt')
}

function isBcrypt(value: unknown): value is Bcrypt {
  return (
    typeof value === 'object' && value !== null && 'compare' in value && typeof value.compare === 'function'
  )
}
