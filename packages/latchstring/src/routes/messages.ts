import type { Weakness } from '../auth/passwords/policy.ts'

/** What a route refuses by. */
export type RefusalCode =
  | 'invalid_body'
  | 'invalid_email'
  | 'invalid_username'
  | 'weak_password'
  | 'invalid_token'
  | 'invalid_name'
  | 'invalid_credentials'
  | 'not_authenticated'
  | 'insufficient_user_authentication'
  | 'wrong_password'
  | 'invalid_form'
  | 'not_found'
  | 'method_not_allowed'
  | 'email_taken'
  | 'username_taken'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'throttled'

/** Every refusal of the routes: its status, and what programs are told. Pages have texts of their own. */
export const REFUSALS: Readonly<Record<RefusalCode, { readonly status: number; readonly message: string }>> =
  {
    invalid_body: { status: 400, message: 'Send an object with named text fields' },
    invalid_email: { status: 400, message: 'Enter an email address' },
    invalid_username: {
      status: 400,
      message:
        'A username takes up to 64 letters and digits, also . _ and -, and begins with a letter or digit',
    },
    weak_password: { status: 400, message: 'Choose another password' },
    invalid_token: { status: 400, message: 'This link has been used, or is too old' },
    invalid_name: { status: 400, message: 'A name takes up to 64 characters' },
    invalid_credentials: { status: 401, message: 'Invalid credentials' },
    not_authenticated: { status: 401, message: 'Not authenticated' },
    insufficient_user_authentication: { status: 401, message: 'Authenticate again to go on' },
    wrong_password: { status: 403, message: 'The current password is wrong' },
    invalid_form: { status: 403, message: 'The form is too old: open it again' },
    not_found: { status: 404, message: 'Not found' },
    method_not_allowed: { status: 405, message: 'Method not allowed' },
    email_taken: { status: 409, message: 'There is an account with this email address already' },
    username_taken: { status: 409, message: 'This username is taken' },
    payload_too_large: { status: 413, message: 'Send at most 16 kB' },
    unsupported_media_type: { status: 415, message: 'Send JSON or a form' },
    throttled: { status: 429, message: 'Too many attempts: try again later' },
  }

/** Why a password may not be chosen, for programs. */
export const WEAKNESS_MESSAGES: Readonly<Record<Weakness, string>> = {
  too_short: 'Choose a password of at least 15 characters',
  too_long: 'Choose a password of at most 1024 characters',
  malformed: 'Choose a password without broken characters',
  common: 'Choose a password that is less common',
  own_name: 'Choose a password other than your email address or username',
  breached: 'Choose a password that has not appeared in a data breach',
  unchanged: 'Choose a password other than the current one',
}
