import type { Arrival, Elsewhere } from '../core/arrival.ts'
import { LatchstringError } from '../core/errors.ts'
import { emptyObject, encodeObject } from '../core/json.ts'
import type { Patience } from '../core/patience.ts'
import type { Device } from '../core/payload.ts'
import type { Clock } from '../core/types.ts'
import { userIdText } from '../core/user.ts'
import { movedData } from './data.ts'
import type { OldData, OldSession } from './oldSessions.ts'
import { type OldUser, type OldValues, UnknownUser, type UserOf } from './oldUser.ts'

/** What all old sessions are read with. */
export interface Reading {
  readonly userOf: UserOf
  readonly patience: Patience
  readonly clock: Clock
}

/** An old session that one request presents, in the terms of ours. */
export class PresentedSession implements Elsewhere {
  readonly id: string
  readonly secrets: readonly string[]
  readonly #old: OldSession
  readonly #reading: Reading
  readonly #device: Device
  /** What the last read found. */
  isThere = false
  isUserUnknown = false
  userId: string | null = null
  dropped: readonly string[] = []

  constructor(old: OldSession, reading: Reading, device: Device) {
    this.id = old.id
    this.secrets = old.secrets
    this.#old = old
    this.#reading = reading
    this.#device = device
  }

  async read(): Promise<Arrival | null> {
    const old = await this.#ask('read', () => this.#old.read())
    const endsAt = old === null ? null : this.#endOf(old)
    this.isThere = old !== null && (endsAt === null || endsAt > this.#reading.clock())
    return old === null || !this.isThere ? null : this.#arrival(old, endsAt)
  }

  /** This request would have prolonged it too. */
  #endOf({ endsAt, prolongedBy }: OldData): number | null {
    return prolongedBy === null ? endsAt : this.#reading.clock() + prolongedBy
  }

  end(): Promise<void> {
    return this.#ask('end', () => this.#old.end())
  }

  async #arrival({ values: found, prolongedBy }: OldData, endsAt: number | null): Promise<Arrival | null> {
    const { values, dropped } = movedData(found)
    const user = await this.#findUser(Object.assign(emptyObject(), found))
    if (user === 'unknown') return null
    if (typeof user?.username === 'string') values.username ??= user.username
    this.dropped = dropped
    this.userId = user === null ? null : userIdText(user.id)
    if (user === null && Object.keys(values).length === 0) return null
    return {
      userId: user?.id ?? null,
      data: encodeObject(values),
      endsAt,
      isRolling: prolongedBy !== null,
      device: this.#device,
    }
  }

  async #findUser(data: OldValues): Promise<OldUser | 'unknown' | null> {
    try {
      const user = await this.#ask('find the user of', async () => this.#reading.userOf(data))
      if (user !== null) userIdText(user.id)
      this.isUserUnknown = false
      return user
    } catch (error) {
      if (!isAboutUser(error)) throw error
      this.isUserUnknown = true
      return 'unknown'
    }
  }

  async #ask<T>(task: string, call: () => Promise<T>): Promise<T> {
    try {
      return await this.#reading.patience.ask(call)
    } catch (cause) {
      if (isAboutUser(cause)) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `could not ${task} a session of the old application: ${reason}`
      throw new LatchstringError('store_unavailable', message, { cause })
    }
  }
}

function isAboutUser(error: unknown): boolean {
  return (
    error instanceof UnknownUser || (error instanceof LatchstringError && error.code === 'invalid_argument')
  )
}
