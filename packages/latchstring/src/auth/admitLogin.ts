import { isToken } from '../core/token.ts'
import type { Accounts, Visitor } from './accounts.ts'
import { addressPrefix } from './addressPrefix.ts'
import { admissionOf } from './admission.ts'
import type { Account, Admission, Admitted } from './attempt.ts'
import type { BackoffState } from './backoff.ts'
import { bucketOf, LIMITS } from './limits.ts'
import { expectedSubject, subjectOf } from './subject.ts'
import type { Bucket, Admission as Counted } from './throttle.ts'
import type { User } from './types.ts'

/** What a client is told of an account whose password is disabled: not that it is, only when to come back. */
const DISABLED_RETRY = 3_600

/**
 * A try to log in. A browser that the account's owner has used before has a budget of its own, so that strangers
 * who use up the others cannot lock the owner out.
 *
 * What is asked for by an address is counted while the account is looked for. Nothing here takes another way, or
 * longer, because there is no such account.
 */
export async function admitLogin(
  accounts: Accounts,
  visitor: Visitor,
  { user: finding, identifier }: Account,
): Promise<Admission> {
  const expected = expectedSubject(identifier)
  const opening = expected === null ? null : open(accounts, visitor, expected)
  const user = await orUndo(finding, opening, (opened) => opened?.abandon())
  const subject = subjectOf(user, identifier)
  if (opening !== null && subject === expected) return (await opening).admit(user)
  // Users of the application's own may answer to an address that is not the one they have.
  await (await opening)?.abandon()
  return (await open(accounts, visitor, subject)).admit(user)
}

/** What can be done for a try before it is known who it is about. */
interface Opening {
  readonly admit: (user: User | null) => Promise<Admission>
  readonly abandon: () => Promise<void>
}

/** Both at once. What was counted is given back if the work comes to nothing. */
async function orUndo<T, U>(
  work: Promise<T>,
  counting: Promise<U> | null,
  undo: (counted: U | null) => Promise<void> | undefined,
): Promise<T> {
  try {
    return (await Promise.all([work, counting]))[0]
  } catch (error) {
    await undo(await counting)
    throw error
  }
}

function open(accounts: Accounts, visitor: Visitor, subject: string): Promise<Opening> {
  const { deviceToken } = visitor
  const isPresented = deviceToken !== null && isToken(deviceToken)
  const place = { subject, address: addressPrefix(visitor.device.address) }
  return isPresented ? openPresented(accounts, place, deviceToken) : openUnknown(accounts, place)
}

interface Place {
  readonly subject: string
  readonly address: string
}

/** Both limits in one row, which is counted without a look: it tells of one network, and of no account. */
function strangerBucket({ subject, address }: Place): Bucket {
  return { ...bucketOf(LIMITS.login, subject, address), within: bucketOf(LIMITS.loginAddress, address) }
}

async function openUnknown(accounts: Accounts, place: Place): Promise<Opening> {
  const [slowDown, counted] = await Promise.all([
    accounts.backoff.look(place.subject),
    accounts.throttle.takeAsLeft(strangerBucket(place)),
  ])
  return {
    admit: () => slowedDown(admissionOf(counted), slowDown),
    abandon: () => giveBack(counted),
  }
}

async function openPresented(accounts: Accounts, place: Place, token: string): Promise<Opening> {
  const { throttle, knownDevices } = accounts
  const [own, strangers] = await Promise.all([
    throttle.look([bucketOf(LIMITS.knownDevice, place.subject, token)]),
    throttle.look([strangerBucket(place)]),
  ])
  const admit = async (user: User | null): Promise<Admission> => {
    // Asked for nobody too: the time it takes must not tell that there is such an account.
    const knowing = knownDevices.isKnown(user?.id ?? 'nobody', token)
    // Whom the limits of a network refuse must not fill the store with counters for tokens that they make up.
    const counting = strangers.refusal === null ? own.take() : null
    const isKnown = await orUndo(knowing, counting, giveBack)
    if (isKnown && user !== null) return admissionOf(await (counting ?? own.take()))
    if (strangers.refusal !== null) return strangers.refusal
    const [slowDown, stranger] = await Promise.all([
      accounts.backoff.look(place.subject),
      strangers.take(),
      giveBack(await counting),
    ])
    return slowedDown(admissionOf(stranger), slowDown)
  }
  return { admit, abandon: async () => {} }
}

async function giveBack(counted: Counted | null): Promise<void> {
  if (counted?.kind === 'admitted') await counted.giveBack()
}

async function slowedDown(admission: Admission, take: () => Promise<BackoffState>): Promise<Admission> {
  if (admission.kind === 'throttled') return admission
  const state = await take()
  if (state.kind === 'open') return bothOf(admission, state)
  await admission.abandoned()
  return { kind: 'throttled', bucket: 'backoff', retryAfter: retryAfterOf(state) }
}

function bothOf(admission: Admitted, state: BackoffState & { kind: 'open' }): Admission {
  return {
    kind: 'admitted',
    succeeded: () => both(state.succeeded(), admission.succeeded()),
    abandoned: () => both(state.giveBack(), admission.abandoned()),
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other])
}

function retryAfterOf(state: Exclude<BackoffState, { kind: 'open' }>): number {
  return state.kind === 'wait' ? state.retryAfter : DISABLED_RETRY
}
