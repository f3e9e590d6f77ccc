import { LatchstringError } from '../core/errors.ts'
import type { Device } from '../core/payload.ts'
import type { UserId } from '../core/types.ts'
import type { Attempt, LoginMethod, Outcome, User } from './types.ts'

/** Whom a login method takes the client for, before any secret was looked at. */
export interface Account {
  /** Still on its way. */
  readonly user: Promise<User | null>
  /** Stands for an account that does not exist. */
  readonly identifier: string
}

/** A try that was counted, or one too many. */
export type Admission =
  | {
      readonly kind: 'admitted'
      /** It was right: what it used is given back, and failures before it are forgotten. Never rejects. */
      readonly succeeded: () => Promise<void>
      /** It came to nothing, right or wrong: what it used is given back. Never rejects. */
      readonly abandoned: () => Promise<void>
    }
  | {
      readonly kind: 'throttled'
      readonly bucket: string
      /** Whole seconds. */
      readonly retryAfter: number
    }

export interface AttemptContext {
  readonly now: number
  readonly device: Device
  readonly userId: UserId | null
  /** Counts the try against the budgets. */
  readonly admit: (account: Account) => Promise<Admission>
}

export type Admitted = Admission & { readonly kind: 'admitted' }

/** What came of an attempt. Only `verified` says who it is. */
export type AttemptResult =
  | { readonly kind: 'verified'; readonly user: User; readonly admission: Admitted }
  | { readonly kind: 'continue'; readonly next: string; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly code: string; readonly user: User | null }
  | { readonly kind: 'throttled'; readonly bucket: string; readonly retryAfter: number }

/** One try of one login method, which cannot verify anybody whose try was not counted. */
export class CountedAttempt implements Attempt {
  readonly now: number
  readonly device: Device
  readonly userId: UserId | null
  readonly #admit: AttemptContext['admit']
  #hasBegun = false
  #user: User | null = null
  #admission: Admission | null = null

  constructor({ now, device, userId, admit }: AttemptContext) {
    this.now = now
    this.device = device
    this.userId = userId
    this.#admit = admit
  }

  async begin({ user, identifier }: Parameters<Attempt['begin']>[0]): Promise<boolean> {
    if (this.#hasBegun) throw misused('calls attempt.begin() more than once in a try')
    this.#hasBegun = true
    const account = { user: Promise.resolve(user), identifier }
    // Waited for below, when it is known what to give back.
    account.user.catch(() => {})
    this.#admission = await this.#admit(account)
    this.#user = await account.user
    return this.#admission.kind === 'admitted'
  }

  /** Nothing was found out: the try does not count. */
  async abandon(): Promise<void> {
    if (this.#admission?.kind === 'admitted') await this.#admission.abandoned()
  }

  /** What the outcome amounts to, given what was counted. */
  judge(outcome: Outcome): AttemptResult {
    if (this.#admission?.kind === 'throttled') return this.#admission
    const user = this.#user
    if (outcome.kind === 'verified') return this.#verified(outcome, user)
    if (outcome.kind === 'continue') return { kind: 'continue', next: outcome.next, body: outcome.body ?? {} }
    return { kind: 'refused', code: outcome.code, user }
  }

  /** The user is the one whose try was counted, as read together with the credentials. */
  #verified(outcome: Outcome & { kind: 'verified' }, user: User | null): AttemptResult {
    const admission = this.#admission
    if (admission?.kind !== 'admitted') throw misused('verified without attempt.begin()')
    if (user?.id !== outcome.userId || (this.userId !== null && this.userId !== user.id))
      return { kind: 'refused', code: 'invalid_credentials', user }
    const isCurrent = user.disabledAt === null && user.credentialVersion === outcome.credentialVersion
    if (!isCurrent) return { kind: 'refused', code: 'invalid_credentials', user }
    return { kind: 'verified', user, admission }
  }
}

export function hasAction({ actions }: LoginMethod, action: string): boolean {
  return Object.hasOwn(actions, action)
}

/** Runs an action of a method, if it has that action. */
export async function runAction(
  method: LoginMethod,
  action: string,
  input: Readonly<Record<string, unknown>>,
  attempt: CountedAttempt,
): Promise<AttemptResult> {
  const run = hasAction(method, action) ? method.actions[action] : undefined
  if (run === undefined) throw misused(`has no action "${action}"`, method.id)
  try {
    return attempt.judge(await run(input, attempt))
  } catch (error) {
    await attempt.abandon()
    throw error
  }
}

function misused(problem: string, methodId?: string): LatchstringError {
  const name = methodId === undefined ? 'a login method' : `the login method "${methodId}"`
  return new LatchstringError('invalid_argument', `${name} ${problem}`)
}
