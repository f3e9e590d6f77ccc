import { LatchstringError } from '../../core/errors.ts'
import type { SendMail } from '../types.ts'

/** What this package uses of a nodemailer transporter. */
export interface MailTransport {
  sendMail(message: TransportMessage): Promise<unknown>
}

export interface TransportMessage {
  readonly from: string
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly headers: Record<string, string>
  readonly disableFileAccess: boolean
  readonly disableUrlAccess: boolean
}

/** Would end a header line. */
const CONTROL = /\p{Cc}/u
/** One address as SMTP writes it between angle brackets, without the characters that lists and comments are made of. */
const ONE_ADDRESS = /^[^\p{Cc}\p{Z},;:<>()[\]"\\@]+@[^\p{Cc}\p{Z},;<>()"\\@]+$/u

/** So that nobody's out-of-office note answers (RFC 3834, section 5). */
const HEADERS = { 'Auto-Submitted': 'auto-generated' }

/**
 * Sends mails through a transporter of nodemailer, as plain text to exactly one address.
 *
 * @throws LatchstringError `invalid_option` for a sender that is none. A mail with more than one address, or with a
 * line break in a header, is rejected with `invalid_argument`.
 *
 * @example
 * const send = nodemailerMail(nodemailer.createTransport(process.env.SMTP_URL), { from: 'Acme <hello@acme.example>' })
 */
export function nodemailerMail(transport: MailTransport, { from }: { readonly from: string }): SendMail {
  if (typeof from !== 'string' || !from.includes('@') || CONTROL.test(from)) {
    throw new LatchstringError('invalid_option', "from takes an address such as 'Acme <hello@acme.example>'")
  }
  return async ({ to, subject, text }) => {
    if (!ONE_ADDRESS.test(to)) throw refusal('goes to exactly one plain address')
    if (CONTROL.test(subject)) throw refusal('has a subject of one line')
    // An object, because a text would be read as a list of addresses.
    const recipient = { name: '', address: to }
    const access = { disableFileAccess: true, disableUrlAccess: true }
    await transport.sendMail({ from, to: recipient, subject, text, headers: HEADERS, ...access })
  }
}

/** Says nothing of the mail itself: it may hold a token. */
function refusal(rule: string): LatchstringError {
  return new LatchstringError('invalid_argument', `a mail ${rule}`)
}
