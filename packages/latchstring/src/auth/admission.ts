import type { Device } from '../core/payload.ts'
import type { UserId } from '../core/types.ts'
import type { Accounts, Visitor } from './accounts.ts'
import { addressPrefix } from './addressPrefix.ts'
import type { Account, Admission } from './attempt.ts'
import { parseEmail } from './identifiers.ts'
import { bucketOf, LIMITS } from './limits.ts'
import { subjectOf } from './subject.ts'
import type { Bucket, Admission as Counted, Throttle } from './throttle.ts'

/** What is used up by a try that was right, or came to nothing, is the same. */
export function admissionOf(counted: Counted): Admission {
  if (counted.kind === 'throttled') return counted
  const { giveBack } = counted
  return { kind: 'admitted', succeeded: giveBack, abandoned: giveBack }
}

async function take(throttle: Throttle, buckets: readonly Bucket[]): Promise<Admission> {
  return admissionOf(await throttle.take(buckets))
}

/**
 * A second factor is limited by its pending login, and that by the first factor, which stays counted until the second
 * has been verified: else the codes could be guessed without end.
 */
export async function admitSecondFactor(
  { backoff }: Accounts,
  { user, identifier }: Account,
): Promise<Admission> {
  const subject = subjectOf(await user, identifier)
  const succeeded = () => backoff.reset(subject).catch(() => {})
  return { kind: 'admitted', succeeded, abandoned: async () => {} }
}

/** Somebody who is logged in proves again who they are. */
export function admitAgain({ throttle }: Accounts, userId: UserId, sessionId: string): Promise<Admission> {
  return take(throttle, [bucketOf(LIMITS.reauthentication, `user ${userId}`, sessionId)])
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
