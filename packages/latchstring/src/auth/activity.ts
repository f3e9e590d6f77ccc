import { isObject } from '../core/json.ts'
import { type Device, isDevice } from '../core/payload.ts'
import type { UserId } from '../core/types.ts'
import { userIdText } from '../core/user.ts'
import { addressPrefix } from './addressPrefix.ts'
import type { Background } from './background.ts'
import type { RecordKind } from './recordRows.ts'
import type { Records } from './records.ts'
import type { ActivityEntry, ActivityType } from './types.ts'

/** What a line tells beside its time and type. */
export interface ActivityDetails {
  readonly sessionId: string | null
  readonly device: Device
}

export interface ActivityOptions {
  readonly records: Records
  readonly background: Background
}

const MOST_ENTRIES = 100
/** How many of them may be about what somebody did who never logged in. */
const MOST_BY_ANYBODY = 25
/** In milliseconds. */
const LIFETIME = 90 * 24 * 60 * 60_000

/** Who can cause a line: the user, or anybody who knows a name to try. */
const CAUSES: Readonly<Record<ActivityType, 'user' | 'anybody'>> = {
  signup: 'user',
  login: 'user',
  login_failed: 'anybody',
  logout: 'user',
  reauthenticated: 'user',
  reauthentication_failed: 'anybody',
  new_device: 'user',
  session_revoked: 'user',
  sessions_revoked: 'user',
  email_verified: 'user',
  email_change_requested: 'user',
  email_changed: 'user',
  email_change_undone: 'user',
  password_changed: 'user',
  password_reset_requested: 'anybody',
  password_reset: 'user',
  account_secured: 'user',
  account_disabled: 'user',
  account_enabled: 'user',
}

/** A line as another version of this package may have stored it, of a type that is unknown here. */
interface StoredEntry extends Omit<ActivityEntry, 'type'> {
  readonly type: string
}

/** The newest first. */
type Timeline = readonly StoredEntry[]

const TIMELINE: RecordKind<Timeline> = { name: 'activity', isValue: isTimeline }

/** What happened to each account lately, for its owner to see. */
export class Activity {
  readonly #records: Records
  readonly #background: Background

  constructor({ records, background }: ActivityOptions) {
    this.#records = records
    this.#background = background
  }

  async record(userId: UserId, type: ActivityType, details: ActivityDetails): Promise<void> {
    const now = this.#records.clock()
    const entry = { at: now, type, ...details, count: 1 }
    await this.#records.change(TIMELINE, userIdText(userId), (timeline) => ({
      value: withEntry(recent(timeline ?? [], now), entry),
      expiresAt: now + LIFETIME,
    }))
  }

  /** Like `record`, and nobody waits for it or fails with it. */
  recordSoon(userId: UserId, type: ActivityType, details: ActivityDetails): void {
    this.#background.run(() => this.record(userId, type, details))
  }

  /** The newest first: 100 at most, of the last 90 days. */
  async list(userId: UserId): Promise<ActivityEntry[]> {
    const timeline = await this.#records.read(TIMELINE, userIdText(userId))
    return recent(timeline ?? [], this.#records.clock()).filter(isKnown)
  }

  async forget(userId: UserId): Promise<void> {
    await this.#records.change(TIMELINE, userIdText(userId), () => 'remove')
  }
}

function recent(timeline: Timeline, now: number): Timeline {
  return timeline.filter(({ at }) => at > now - LIFETIME)
}

/** Nobody pushes out what the user did by trying passwords, however often and from however many addresses. */
function withEntry(timeline: Timeline, entry: ActivityEntry): Timeline {
  const same = isByAnybody(entry) ? sameInLatestRun(timeline, entry) : undefined
  const merged = { ...entry, count: 1 + (same?.count ?? 0) }
  const entries = [merged, ...timeline.filter((one) => one !== same)]
  const excess = entries.filter(isByAnybody).slice(MOST_BY_ANYBODY)
  return entries.filter((one) => !excess.includes(one)).slice(0, MOST_ENTRIES)
}

/** The line of the same failure from the same place, if the user has done nothing since. */
function sameInLatestRun(timeline: Timeline, { type, device }: ActivityEntry): StoredEntry | undefined {
  const end = timeline.findIndex((entry) => !isByAnybody(entry))
  const run = end < 0 ? timeline : timeline.slice(0, end)
  const place = addressPrefix(device.address)
  return run.find((entry) => entry.type === type && addressPrefix(entry.device.address) === place)
}

function isByAnybody(entry: StoredEntry): boolean {
  return isKnown(entry) && CAUSES[entry.type] === 'anybody'
}

function isKnown(entry: StoredEntry): entry is ActivityEntry {
  return Object.hasOwn(CAUSES, entry.type)
}

function isTimeline(value: unknown): value is Timeline {
  return Array.isArray(value) && value.every(isEntry)
}

function isEntry(value: unknown): value is StoredEntry {
  if (!isObject(value)) return false
  const entry: { readonly [K in keyof StoredEntry]?: unknown } = value
  const { sessionId } = entry
  return (
    Number.isFinite(entry.at) &&
    typeof entry.type === 'string' &&
    (sessionId === null || typeof sessionId === 'string') &&
    isDevice(entry.device) &&
    Number.isSafeInteger(entry.count)
  )
}
