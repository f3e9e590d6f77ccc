/** Room for 1,024 characters of four bytes each. */
const LONGEST_BYTES = 4_096

/** Whether a password takes more bytes than any may: asked before all work that grows with its length. */
export function isOversized(password: string): boolean {
  return Buffer.byteLength(password) > LONGEST_BYTES
}

/**
 * A password in the one form that is judged and hashed, or `null` for what cannot be a password. Keyboards spell
 * one character in several ways, so it is normalised to NFC (NIST SP 800-63B-4, section 3.1.1.2); nothing is
 * trimmed, cut or folded.
 */
export function passwordText(password: unknown): string | null {
  if (typeof password !== 'string' || isOversized(password)) return null
  return password.isWellFormed() ? password.normalize('NFC') : null
}
