import { LatchstringError } from '../core/errors.ts'
import type { UserId } from '../core/types.ts'
import type { Accounts, Visitor } from './accounts.ts'
import { admitAgain, admitSecondFactor } from './admission.ts'
import { admitLogin } from './admitLogin.ts'
import {
  type Account,
  type Admission,
  type Admitted,
  type AttemptResult,
  CountedAttempt,
  hasAction,
  runAction,
} from './attempt.ts'
import { note } from './note.ts'
import { rememberDevice } from './rememberDevice.ts'
import { signInUser } from './signIn.ts'
import type { Input, LoginMethod, User } from './types.ts'

/** What somebody tries. */
export interface Try {
  /** The id of a login method, and one of its actions. */
  readonly method: string
  readonly action: string
  readonly input: Input
}

export interface LoginTry extends Try {
  /** Whether the session outlives the browser. */
  readonly remember: boolean
}

export type GateOutcome =
  | Exclude<AttemptResult, { kind: 'verified' }>
  /** The session is stored. `deviceToken` is for the browser to keep. */
  | { readonly kind: 'logged_in'; readonly user: User; readonly deviceToken: string | null }
  /** There is no session yet, only a token that leads on to one of these methods. */
  | { readonly kind: 'second_factor'; readonly token: string; readonly methods: readonly string[] }

/** A first factor. Every way to log in comes through here. */
export async function logIn(accounts: Accounts, visitor: Visitor, login: LoginTry): Promise<GateOutcome> {
  const method = methodOf(accounts, login.method, 'first')
  const admit = (account: Account) => admitLogin(accounts, visitor, account)
  const result = await tryOut(accounts, visitor, { ...login, method, userId: null, admit })
  if (result.kind !== 'verified') return refusedLogin(accounts, visitor, result)
  if (accounts.isPrivate && result.user.emailVerifiedAt === null)
    return refuseUnverified(accounts, visitor, result)
  const methods = await secondFactors(accounts, result.user)
  if (methods.length > 0) return askSecondFactor(accounts, visitor, login, result.user, methods)
  return finish(accounts, visitor, { ...result, method: login.method, remember: login.remember })
}

/** The second factor of a login that is pending. */
export async function continueLogin(accounts: Accounts, visitor: Visitor, given: Try): Promise<GateOutcome> {
  const method = accounts.methods.find(({ id, factor }) => id === given.method && factor === 'second')
  // Here the client names the method: a name that means nothing uses no try up.
  if (method === undefined || !hasAction(method, given.action))
    return { kind: 'refused', code: 'invalid_input', user: null }
  const { pendingToken } = visitor
  const pending = pendingToken === null ? null : await accounts.pendingLogins.attempt(pendingToken)
  if (pending === null || pendingToken === null) return { kind: 'refused', code: 'invalid_token', user: null }
  const { userId, remember, method: firstFactor } = pending
  const admit = (account: Account) => admitSecondFactor(accounts, account)
  const result = await tryOut(accounts, visitor, { ...given, method, userId, admit })
  if (result.kind !== 'verified') return refusedLogin(accounts, visitor, result)
  const isCurrent = result.user.credentialVersion === pending.credentialVersion
  const isFirst = isCurrent && (await accounts.pendingLogins.consume(pendingToken))
  if (!isFirst) return { kind: 'refused', code: 'invalid_token', user: result.user }
  return finish(accounts, visitor, { ...result, firstFactor, method: given.method, remember })
}

/** The user of the session proves again who they are. Changes nothing but the counters. */
export async function verifyAgain(accounts: Accounts, visitor: Visitor, given: Try): Promise<AttemptResult> {
  const method = methodOf(accounts, given.method)
  const { userId, id } = visitor.exchange.session
  if (userId === null || id === null) return { kind: 'refused', code: 'not_authenticated', user: null }
  const admit = () => admitAgain(accounts, userId, id)
  const result = await tryOut(accounts, visitor, { ...given, method, userId, admit })
  if (result.kind === 'verified') await result.admission.succeeded()
  else if (result.kind === 'refused') note(accounts, visitor, userId, 'reauthentication_failed')
  return result
}

/** Step-up: a new token, and the time of this authentication on the session. */
export async function reauthenticate(
  accounts: Accounts,
  visitor: Visitor,
  given: Try,
): Promise<AttemptResult> {
  const result = await verifyAgain(accounts, visitor, given)
  if (result.kind !== 'verified') return result
  const { exchange, device } = visitor
  const remember = exchange.session.state?.remember ?? false
  signInUser(exchange, result.user, { method: given.method, remember, device })
  await exchange.saveSoon()
  note(accounts, visitor, result.user.id, 'reauthenticated')
  return result
}

interface Trial {
  readonly method: LoginMethod
  readonly action: string
  readonly input: Input
  readonly userId: UserId | null
  readonly admit: (account: Account) => Promise<Admission>
}

async function tryOut(
  { clock, emit }: Accounts,
  { device }: Visitor,
  { method, action, input, userId, admit }: Trial,
): Promise<AttemptResult> {
  const attempt = new CountedAttempt({ now: clock(), device, userId, admit })
  const result = await runAction(method, action, input, attempt)
  if (result.kind === 'throttled') emit({ type: 'account.throttled', action, bucket: result.bucket })
  return result
}

/** Every method whose factor is the second and that the user has set up is asked for, after every first one. */
async function secondFactors({ methods }: Accounts, user: User): Promise<string[]> {
  const seconds = methods.filter(({ factor }) => factor === 'second')
  const enrolled = await Promise.all(seconds.map((method) => method.enrolled(user.id)))
  return seconds.filter((_, index) => enrolled[index]).map(({ id }) => id)
}

async function askSecondFactor(
  { pendingLogins }: Accounts,
  { device }: Visitor,
  { method, remember }: LoginTry,
  { id, credentialVersion }: User,
  methods: readonly string[],
): Promise<GateOutcome> {
  const token = await pendingLogins.open({ userId: id, credentialVersion, method, remember, device })
  return { kind: 'second_factor', token, methods }
}

interface Finish {
  readonly user: User
  readonly method: string
  readonly firstFactor?: string
  readonly remember: boolean
  readonly admission: Admitted
}

/**
 * The only place where a login becomes a session. All that has to be stored for it is stored at the same time: whoever
 * was verified has used nothing up, even if there is no session in the end.
 */
async function finish(
  accounts: Accounts,
  visitor: Visitor,
  { user, admission, ...login }: Finish,
): Promise<GateOutcome> {
  const { exchange, device } = visitor
  signInUser(exchange, user, { ...login, device })
  const storing = rememberDevice(accounts, visitor, user, exchange.saveSoon())
  await Promise.allSettled([storing, admission.succeeded()])
  const deviceToken = await storing
  note(accounts, visitor, user.id, 'login')
  return { kind: 'logged_in', user, deviceToken }
}

/** The answer is that of a wrong password; a mail tells the owner of the address what to do. */
function refuseUnverified(
  accounts: Accounts,
  visitor: Visitor,
  { user }: AttemptResult & { kind: 'verified' },
): GateOutcome {
  accounts.notices.verifyEmail(user, visitor)
  return refusedLogin(accounts, visitor, { kind: 'refused', code: 'invalid_credentials', user })
}

function refusedLogin(
  accounts: Accounts,
  visitor: Visitor,
  result: Exclude<AttemptResult, { kind: 'verified' }>,
): GateOutcome {
  if (result.kind === 'refused' && result.user !== null)
    note(accounts, visitor, result.user.id, 'login_failed')
  return result
}

function methodOf({ methods }: Accounts, id: string, factor?: LoginMethod['factor']): LoginMethod {
  const method = methods.find((one) => one.id === id && (factor === undefined || one.factor === factor))
  if (method !== undefined) return method
  throw new LatchstringError('invalid_argument', `there is no login method "${id}" for this step`)
}
