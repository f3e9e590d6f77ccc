import type { Device } from '../core/payload.ts'
import type { UserId } from '../core/types.ts'
import type { Accounts, Visitor } from './accounts.ts'
import { addressPrefix } from './addressPrefix.ts'
import type { Account, Admission } from './attempt.ts'
import type { BackoffState } from './backoff.ts'
import { parseEmail } from './identifiers.ts'
import { bucketOf, LIMITS } from './limits.ts'
import type { Bucket, Throttle } from './throttle.ts'

/** What a client is told of an account whose password is disabled: not that it is, only when to come back. */
const DISABLED_RETRY = 3_600

/**
 * A try to log in. A browser that the account's owner has used before has a budget of its own, so that strangers
 * who use up the others cannot lock the owner out.
 */
export async function admitLogin(
  accounts: Accounts,
  { device, deviceToken }: Visitor,
  account: Account,
): Promise<Admission> {
  const { throttle, knownDevices } = accounts
  const subject = subjectOf(account)
  const { user } = account
  // Asked for nobody too: the time it takes must not tell that there is such an account.
  const isKnown = await knownDevices.isKnown(user?.id ?? 'nobody', deviceToken)
  if (isKnown && user !== null && deviceToken !== null)
    return take(throttle, [bucketOf(LIMITS.knownDevice, subject, deviceToken)])
  const address = addressPrefix(device.address)
  const buckets = [bucketOf(LIMITS.login, subject, address), bucketOf(LIMITS.loginAddress, address)]
  const admission = await take(throttle, buckets)
  return admission.kind === 'admitted' ? slowDown(accounts, subject, admission) : admission
}

/** What is used up by a try that was right, or came to nothing, is the same. */
async function take(throttle: Throttle, buckets: readonly Bucket[]): Promise<Admission> {
  const admission = await throttle.take(buckets)
  if (admission.kind === 'throttled') return admission
  const { giveBack } = admission
  return { kind: 'admitted', succeeded: giveBack, abandoned: giveBack }
}

/** One name for an account, by whatever identifier it was asked for. */
function subjectOf({ user, identifier }: Account): string {
  return user === null ? `unknown ${identifier}` : userSubject(user.id)
}

/** What the failures in a row of an account are counted under. */
export function userSubject(userId: UserId): string {
  return `user ${userId}`
}

async function slowDown(
  { backoff }: Accounts,
  subject: string,
  admission: Admission & { kind: 'admitted' },
): Promise<Admission> {
  const state = await backoff.take(subject)
  if (state.kind === 'open')
    return {
      kind: 'admitted',
      succeeded: () => both(state.succeeded(), admission.succeeded()),
      abandoned: () => both(state.giveBack(), admission.abandoned()),
    }
  await admission.abandoned()
  return { kind: 'throttled', bucket: 'backoff', retryAfter: retryAfterOf(state) }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other])
}

function retryAfterOf(state: Exclude<BackoffState, { kind: 'open' }>): number {
  return state.kind === 'wait' ? state.retryAfter : DISABLED_RETRY
}

/**
 * A second factor is limited by its pending login, and that by the first factor, which stays counted until the second
 * has been verified: else the codes could be guessed without end.
 */
export async function admitSecondFactor({ backoff }: Accounts, account: Account): Promise<Admission> {
  const succeeded = () => backoff.reset(subjectOf(account)).catch(() => {})
  return { kind: 'admitted', succeeded, abandoned: async () => {} }
}

/** Somebody who is logged in proves again who they are. */
export function admitAgain({ throttle }: Accounts, userId: UserId, sessionId: string): Promise<Admission> {
  return take(throttle, [bucketOf(LIMITS.reauthentication, userSubject(userId), sessionId)])
}

export function admitSignUp({ throttle }: Accounts, { device }: Visitor): Promise<Admission> {
  return take(throttle, [bucketOf(LIMITS.signUp, addressPrefix(device.address))])
}

/** A mail that anybody can ask for; without `device` one whose cause has a limit of its own. */
export function admitMail(
  { throttle }: { readonly throttle: Throttle },
  recipient: string,
  device: Device | null,
): Promise<Admission> {
  const client = device === null ? [] : [bucketOf(LIMITS.mailClient, addressPrefix(device.address))]
  const key = parseEmail(recipient)?.key ?? recipient
  return take(throttle, [bucketOf(LIMITS.mailRecipient, key), ...client, bucketOf(LIMITS.mailTotal)])
}
