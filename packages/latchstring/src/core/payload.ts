import type { SharedData } from './data.ts'
import { isObject, parseObject } from './json.ts'
import { isUserIdType, type UserIdType } from './user.ts'

/** One proof of who the user is: by which method, and when. */
export interface Authentication {
  /** The login method, for example `password`. */
  readonly method: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Where a session was opened from, as far as the request told. */
export interface Device {
  readonly address: string | null
  readonly userAgent: string | null
  /** What the user calls it; absent or `null` until they name it. */
  readonly name?: string | null
}

/** Stands in the row of a token that was renewed. */
export interface Successor {
  readonly salt: string
  /** End of the grace period, in milliseconds since the epoch. */
  readonly acceptedUntil: number
}

/** What the engine itself knows of a session. */
export interface SessionState {
  readonly format: 1
  /** Public and random; useless as a token. */
  readonly id: string
  readonly userIdType: UserIdType | null
  readonly createdAt: number
  /** When the token was issued. */
  readonly renewedAt: number
  readonly lastSeenAt: number
  /** An end before the absolute timeout: a session that was taken over keeps the rest of its life. */
  readonly endsAt?: number
  readonly remember: boolean
  readonly authentications: readonly Authentication[]
  readonly device: Device
  readonly successor?: Successor
  /** The login has not been let in yet, so the token is not accepted. */
  readonly isPending?: true
}

export interface Payload {
  readonly state: SessionState
  /** The JSON of the application's data, parsed only when somebody asks for it. */
  readonly data: string
  /** The same for all requests to which the row says so. */
  readonly shared?: SharedData
}

/** Two lines of JSON: the state, then the data. A line break cannot occur inside either. */
export function encodePayload(state: SessionState, data: string): string {
  return `${JSON.stringify(state)}\n${data}`
}

/** The parts of a payload, or `null` if this is not one that the engine wrote. */
export function decodePayload(payload: string): Payload | null {
  const lineBreak = payload.indexOf('\n')
  if (lineBreak < 0) return null
  const state = parseObject(payload.slice(0, lineBreak))
  return isSessionState(state) ? { state, data: payload.slice(lineBreak + 1) } : null
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown }

function isSessionState(value: object | null): value is SessionState {
  if (value === null) return false
  const state: Unchecked<SessionState> = value
  return (
    state.format === 1 &&
    typeof state.id === 'string' &&
    (state.userIdType === null || isUserIdType(state.userIdType)) &&
    typeof state.createdAt === 'number' &&
    typeof state.renewedAt === 'number' &&
    typeof state.lastSeenAt === 'number' &&
    (state.endsAt === undefined || typeof state.endsAt === 'number') &&
    typeof state.remember === 'boolean' &&
    Array.isArray(state.authentications) &&
    state.authentications.every(isAuthentication) &&
    isDevice(state.device) &&
    (state.successor === undefined || isSuccessor(state.successor)) &&
    (state.isPending === undefined || state.isPending === true)
  )
}

function isAuthentication(value: unknown): value is Authentication {
  if (!isObject(value)) return false
  const authentication: Unchecked<Authentication> = value
  return typeof authentication.method === 'string' && typeof authentication.at === 'number'
}

export function isDevice(value: unknown): value is Device {
  if (!isObject(value)) return false
  const device: Unchecked<Device> = value
  return [device.address, device.userAgent, device.name ?? null].every(isTextOrNull)
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isSuccessor(value: unknown): value is Successor {
  if (!isObject(value)) return false
  const successor: Unchecked<Successor> = value
  return typeof successor.salt === 'string' && typeof successor.acceptedUntil === 'number'
}
