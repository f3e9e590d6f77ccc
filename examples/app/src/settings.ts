import { parseDuration } from 'latchstring'
import { type DatabaseSetting, databaseOf, type SessionStoreSetting, sessionStoreOf } from './storeUrls.ts'

/** Every setting of the app, checked. Times are in milliseconds. */
export interface Settings {
  readonly production: boolean
  readonly port: number
  readonly host: string
  readonly baseUrl: string
  readonly database: DatabaseSetting
  readonly sessionStore: SessionStoreSetting
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly rememberTimeout: number
  readonly trustProxy: number
  readonly signup: 'open' | 'private'
  /** `null`: mails land in the outbox of development. */
  readonly smtp: SmtpSetting | null
  /** Empty where development makes its own. */
  readonly keys: readonly string[]
}

export interface SmtpSetting {
  readonly url: string
  readonly from: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A setting has a wrong value. The message is the one line to show to whoever starts the app. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

const DAY = 86_400_000
const LONGEST_TIMEOUT = 400 * DAY
const IDLE_TIMEOUT = DAY / 2
const ABSOLUTE_TIMEOUT = 7 * DAY
const REMEMBER_TIMEOUT = 30 * DAY
const SHORTEST_KEY_BYTES = 32

/**
 * The settings that the environment asks for.
 * @throws SettingError for the first setting with a wrong value. It never repeats the value: some are secrets.
 */
export function readSettings(environment: Environment): Settings {
  const production = setting(environment, 'NODE_ENV') === 'production'
  const port = wholeNumber(environment, 'PORT', 3000, 65_535)
  return {
    production,
    port,
    host: host(environment),
    baseUrl: baseUrl(environment, production, port),
    database: database(environment),
    sessionStore: sessionStore(environment),
    ...timeouts(environment),
    trustProxy: wholeNumber(environment, 'TRUST_PROXY', 0, 10),
    signup: signup(environment),
    smtp: smtp(environment, production),
    keys: keys(environment, production),
  }
}

/** A line such as `SMTP_URL=` in a .env file means the same as no line. */
function setting(environment: Environment, name: string): string | null {
  return environment[name]?.trim() || null
}

function wholeNumber(environment: Environment, name: string, fallback: number, highest: number): number {
  const text = setting(environment, name)
  if (text === null) return fallback
  const isInRange = /^\d{1,5}$/.test(text) && Number(text) <= highest
  if (!isInRange) throw new SettingError(`${name} takes a whole number from 0 to ${highest}`)
  return Number(text)
}

function host(environment: Environment): string {
  const text = setting(environment, 'HOST') ?? 'localhost'
  if (/^[\w.:-]+$/.test(text)) return text
  throw new SettingError('HOST takes a host name or an IP address, such as localhost or 0.0.0.0')
}

function baseUrl(environment: Environment, production: boolean, port: number): string {
  const text = setting(environment, 'BASE_URL')
  if (text === null && !production) return `http://localhost:${port}`
  const origin = text === null ? null : httpOrigin(text)
  if (origin !== null) return origin
  throw new SettingError(
    `BASE_URL takes an origin without a path, such as https://app.example.com${required(production)}`,
  )
}

function httpOrigin(text: string): string | null {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  return isHttp && url.href === `${url.origin}/` ? url.origin : null
}

function required(production: boolean): string {
  return production ? ', and is required in production' : ''
}

function database(environment: Environment): DatabaseSetting {
  const found = databaseOf(setting(environment, 'DATABASE_URL') ?? 'sqlite:./data/latchstring.db')
  if (found !== null) return found
  throw new SettingError(
    'DATABASE_URL takes sqlite:<path>, postgres://… or mysql://…, such as sqlite:./data/latchstring.db',
  )
}

function sessionStore(environment: Environment): SessionStoreSetting {
  const text = setting(environment, 'SESSION_STORE_URL')
  const found = text === null ? { kind: 'database' as const } : sessionStoreOf(text)
  if (found !== null) return found
  throw new SettingError(
    'SESSION_STORE_URL takes redis://… or rediss://… (nodes of a cluster separated by commas), ' +
      'sqlite:<path>, postgres://…, mysql://… or memory:',
  )
}

function timeouts(environment: Environment) {
  const absoluteTimeout = duration(environment, 'ABSOLUTE_TIMEOUT') ?? ABSOLUTE_TIMEOUT
  const idleTimeout = duration(environment, 'IDLE_TIMEOUT') ?? Math.min(IDLE_TIMEOUT, absoluteTimeout)
  if (idleTimeout > absoluteTimeout) throw new SettingError('IDLE_TIMEOUT takes at most the ABSOLUTE_TIMEOUT')
  return { idleTimeout, absoluteTimeout, rememberTimeout: Math.max(REMEMBER_TIMEOUT, absoluteTimeout) }
}

/** In milliseconds; `null` if it is not set. */
function duration(environment: Environment, name: string): number | null {
  const text = setting(environment, name)
  if (text === null) return null
  const milliseconds = parseDuration(text)
  if (milliseconds !== null && milliseconds <= LONGEST_TIMEOUT) return milliseconds
  throw new SettingError(`${name} takes a duration such as 90s, 15m, 12h or 7d, at most 400d`)
}

function signup(environment: Environment): 'open' | 'private' {
  const mode = setting(environment, 'SIGNUP') ?? 'open'
  if (mode === 'open' || mode === 'private') return mode
  throw new SettingError('SIGNUP takes open or private')
}

function smtp(environment: Environment, production: boolean): SmtpSetting | null {
  const url = setting(environment, 'SMTP_URL')
  const from = setting(environment, 'MAIL_FROM')
  if (url === null && from === null && !production) return null
  if (url === null || !isSmtpUrl(url)) {
    const requirement = from === null ? required(production) : ', and is required with MAIL_FROM'
    throw new SettingError(
      `SMTP_URL takes smtp://… or smtps://…, such as smtps://user:password@mail.example.com${requirement}`,
    )
  }
  if (from !== null && isSender(from)) return { url, from }
  throw new SettingError(
    'MAIL_FROM takes a sender such as Acme <hello@acme.example>, and is required with SMTP_URL',
  )
}

function isSmtpUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== ''
}

/** An address, or a name and an address in angle brackets. */
function isSender(text: string): boolean {
  return /^(?:[^<>@\p{Cc}]*<[^<>@\s\p{Cc}]+@[^<>@\s\p{Cc}]+>|[^<>@\s\p{Cc}]+@[^<>@\s\p{Cc}]+)$/u.test(text)
}

function keys(environment: Environment, production: boolean): readonly string[] {
  const text = setting(environment, 'LATCHSTRING_KEYS')
  if (text === null && !production) return []
  const list = text === null ? null : keysIn(text)
  if (list !== null) return list
  throw new SettingError(
    `LATCHSTRING_KEYS takes secrets of ${SHORTEST_KEY_BYTES} bytes or more each, separated by commas${required(production)}`,
  )
}

/** The keys in a list with commas, or `null` if one of them is too short. */
export function keysIn(text: string): readonly string[] | null {
  const list = text.split(',').map((key) => key.trim())
  return list.every((key) => Buffer.byteLength(key) >= SHORTEST_KEY_BYTES) ? list : null
}
