import { isObject } from '../core/json.ts'
import { createToken, isToken } from '../core/token.ts'
import type { UserId } from '../core/types.ts'
import { userIdText } from '../core/user.ts'
import { ownerOf, type RecordKind } from './recordRows.ts'
import type { Listed, Records } from './records.ts'

/** A browser that a user has logged in from. Times in milliseconds since the epoch. */
export interface KnownDevice {
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

export interface Remembered {
  /** For the browser to keep. */
  readonly token: string
  /** Whether the user had not logged in from it before. */
  readonly isNew: boolean
}

/** How long a browser stays known after its last login, in milliseconds. Browsers keep cookies 400 days at most. */
export const DEVICE_LIFETIME: number = 180 * 24 * 60 * 60_000
/** A client that keeps no cookies is a new device at each login: its devices must not pile up. */
const MOST_DEVICES = 50

const DEVICE: RecordKind<KnownDevice> = { name: 'device', isValue: isKnownDevice }

/**
 * Which browsers a user has logged in from, by a random token in a cookie of each. Several users may share a
 * browser. The store holds no token, and from no two rows can be told that they are about the same browser.
 */
export class KnownDevices {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  async isKnown(userId: UserId, token: string | null): Promise<boolean> {
    if (token === null || !isToken(token)) return false
    return (await this.#records.read(DEVICE, nameOf(userId, token))) !== null
  }

  /** Call it after a login. A token that the browser has already, be it of another user, stays its token. */
  async remember(userId: UserId, presented: string | null): Promise<Remembered> {
    const token = presented !== null && isToken(presented) ? presented : createToken(this.#records.random)
    const owner = ownerOf(DEVICE, userId)
    const now = this.#records.clock()
    const { before } = await this.#records.change(DEVICE, nameOf(userId, token), (device) => ({
      value: { firstSeenAt: device?.firstSeenAt ?? now, lastSeenAt: now },
      expiresAt: now + DEVICE_LIFETIME,
      owner,
    }))
    return { token, isNew: before === null }
  }

  /** Call it after a new one was remembered, some time. Tells whether it is the only one: then it is no news. */
  async trim(userId: UserId): Promise<boolean> {
    const devices = (await this.#records.list(DEVICE, ownerOf(DEVICE, userId))).sort(byLastSeen)
    await this.#records.remove(devices.slice(MOST_DEVICES))
    return devices.length === 1
  }

  async forget(userId: UserId, token: string): Promise<void> {
    await this.#records.change(DEVICE, nameOf(userId, token), () => 'remove')
  }

  /** The one seen last first. */
  async list(userId: UserId): Promise<KnownDevice[]> {
    const devices = await this.#records.list(DEVICE, ownerOf(DEVICE, userId))
    return devices.sort(byLastSeen).map(({ value }) => value)
  }

  async forgetAll(userId: UserId): Promise<void> {
    await this.#records.removeAll(ownerOf(DEVICE, userId))
  }
}

function nameOf(userId: UserId, token: string): string {
  return `${token}\n${userIdText(userId)}`
}

function byLastSeen(one: Listed<KnownDevice>, other: Listed<KnownDevice>): number {
  return other.value.lastSeenAt - one.value.lastSeenAt
}

function isKnownDevice(value: unknown): value is KnownDevice {
  if (!isObject(value)) return false
  const device: { readonly [K in keyof KnownDevice]?: unknown } = value
  return Number.isFinite(device.firstSeenAt) && Number.isFinite(device.lastSeenAt)
}
