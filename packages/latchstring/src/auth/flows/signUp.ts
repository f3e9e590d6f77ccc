import type { Accounts, Visitor } from '../accounts.ts'
import { admitSignUp } from '../admission.ts'
import { parseEmail, parseUsername } from '../identifiers.ts'
import { note } from '../note.ts'
import type { Weakness } from '../passwords/policy.ts'
import { rememberDevice } from '../rememberDevice.ts'
import { signInUser } from '../signIn.ts'
import { userSubject } from '../subject.ts'
import type { Identifier, NewUser, Taken, User } from '../types.ts'

export interface SignUp {
  readonly email: string
  /** Empty for none. */
  readonly username: string
  readonly password: string
}

export type SignUpOutcome =
  | { readonly kind: 'created'; readonly user: User; readonly deviceToken: string | null }
  /** Private: the mail tells the owner of the address whether it has an account already. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'weak_password'; readonly weakness: Weakness }
  | { readonly kind: 'refused'; readonly code: SignUpRefusal }
  | { readonly kind: 'throttled'; readonly retryAfter: number }

export type SignUpRefusal = 'invalid_email' | 'invalid_username' | 'email_taken' | 'username_taken'

/** Makes an account and, unless the address has to be proved first, logs its user in. */
export async function signUp(accounts: Accounts, visitor: Visitor, given: SignUp): Promise<SignUpOutcome> {
  const email = parseEmail(given.email)
  if (email === null) return refused('invalid_email')
  const username = given.username === '' ? null : parseUsername(given.username)
  if (username === null && given.username !== '') return refused('invalid_username')
  const weakness = await accounts.passwords.weakness(given.password, [email.text, given.username])
  if (weakness !== null) return { kind: 'weak_password', weakness }
  const admission = await admitSignUp(accounts, visitor)
  if (admission.kind === 'throttled') return admission
  const taken = await takenField(accounts, email, username)
  if (taken !== null) return refused(`${taken}_taken`)
  const passwordHash = await accounts.passwords.hash(given.password)
  const user: NewUser = { email, username, passwordHash, createdAt: accounts.clock() }
  return accounts.isPrivate ? createInPrivate(accounts, visitor, user) : create(accounts, visitor, user)
}

function refused(code: SignUpRefusal): SignUpOutcome {
  return { kind: 'refused', code }
}

/**
 * Asked before the password is hashed. In private for the username alone: the answer must say nothing of the address.
 */
async function takenField(
  { users, isPrivate }: Accounts,
  email: Identifier,
  username: Identifier | null,
): Promise<Taken['field'] | null> {
  if (!isPrivate && (await users.findByEmail(email.key)) !== null) return 'email'
  if (username !== null && (await users.findByUsername(username.key)) !== null) return 'username'
  return null
}

async function create(accounts: Accounts, visitor: Visitor, newUser: NewUser): Promise<SignUpOutcome> {
  const outcome = await accounts.users.create(newUser)
  if (outcome.kind === 'taken') return refused(`${outcome.field}_taken`)
  const { user } = outcome
  signInUser(visitor.exchange, user, { method: 'password', remember: false, device: visitor.device })
  forgetTries(accounts, user)
  const deviceToken = await rememberDevice(accounts, visitor, user, visitor.exchange.saveSoon())
  note(accounts, visitor, user.id, 'signup')
  accounts.notices.verifyEmail(user, visitor)
  return { kind: 'created', user, deviceToken }
}

/** Tries at the address from before there was an account are no failures of its owner. */
function forgetTries({ background, backoff }: Accounts, user: User): void {
  background.run(() => backoff.reset(userSubject(user)))
}

/** The same answer, after the same work, whether the address is taken or not. */
async function createInPrivate(
  accounts: Accounts,
  visitor: Visitor,
  newUser: NewUser,
): Promise<SignUpOutcome> {
  const outcome = await accounts.users.create(newUser)
  if (outcome.kind === 'taken' && outcome.field === 'username') return refused('username_taken')
  accounts.background.run(async () => {
    if (outcome.kind === 'taken') return accounts.notices.addressTaken(newUser.email, visitor)
    forgetTries(accounts, outcome.user)
    note(accounts, visitor, outcome.user.id, 'signup')
    return accounts.notices.verifyEmail(outcome.user, visitor)
  })
  return { kind: 'accepted' }
}
