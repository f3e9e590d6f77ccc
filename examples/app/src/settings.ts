/** Where sessions live: beside the users, in a database of their own, or in this process only. */
export type SessionStoreSetting =
  | { readonly kind: 'database' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'memory' }

/** Every setting of the app, checked. Times are in milliseconds. */
export interface Settings {
  readonly production: boolean
  readonly port: number
  readonly host: string
  readonly baseUrl: string
  readonly databasePath: string
  readonly sessionStore: SessionStoreSetting
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly rememberTimeout: number
  readonly trustProxy: number
  readonly keys: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A setting has a wrong value. The message is the one line to show to whoever starts the app. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const LONGEST_TIMEOUT = 400 * 86_400_000
const REMEMBER_TIMEOUT = 30 * 86_400_000
const SHORTEST_KEY_BYTES = 32

/**
 * The settings that the environment asks for.
 * @throws SettingError for the first setting with a wrong value. It never repeats the value: some are secrets.
 */
export function readSettings(environment: Environment): Settings {
  const production = setting(environment, 'NODE_ENV') === 'production'
  const port = wholeNumber(environment, 'PORT', 3000, 65_535)
  checkSignup(environment)
  return {
    production,
    port,
    host: host(environment),
    baseUrl: baseUrl(environment, production, port),
    databasePath: databasePath(environment),
    sessionStore: sessionStore(environment),
    ...timeouts(environment),
    trustProxy: wholeNumber(environment, 'TRUST_PROXY', 0, 10),
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
  const requirement = production ? ', and is required in production' : ''
  throw new SettingError(
    `BASE_URL takes an origin without a path, such as https://app.example.com${requirement}`,
  )
}

function httpOrigin(text: string): string | null {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  return isHttp && url.href === `${url.origin}/` ? url.origin : null
}

function databasePath(environment: Environment): string {
  const path = sqlitePath(setting(environment, 'DATABASE_URL') ?? 'sqlite:./data/latchstring.db')
  if (path !== null) return path
  throw new SettingError(
    'DATABASE_URL takes sqlite:<path>, such as sqlite:./data/latchstring.db; this version has no other database',
  )
}

function sessionStore(environment: Environment): SessionStoreSetting {
  const text = setting(environment, 'SESSION_STORE_URL')
  if (text === null) return { kind: 'database' }
  if (text === 'memory:') return { kind: 'memory' }
  const path = sqlitePath(text)
  if (path !== null) return { kind: 'sqlite', path }
  throw new SettingError('SESSION_STORE_URL takes sqlite:<path> or memory: in this version')
}

/** Takes `sqlite:./relative`, `sqlite:/absolute` and the spelling with two more slashes. */
function sqlitePath(text: string): string | null {
  return /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1] ?? null
}

function timeouts(environment: Environment) {
  const idleTimeout = duration(environment, 'IDLE_TIMEOUT', '12h')
  const absoluteTimeout = duration(environment, 'ABSOLUTE_TIMEOUT', '7d')
  if (idleTimeout > absoluteTimeout) throw new SettingError('IDLE_TIMEOUT takes at most the ABSOLUTE_TIMEOUT')
  return { idleTimeout, absoluteTimeout, rememberTimeout: Math.max(REMEMBER_TIMEOUT, absoluteTimeout) }
}

function duration(environment: Environment, name: string, fallback: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(setting(environment, name) ?? fallback) ?? []
  const milliseconds = Number(count) * (UNIT_MILLISECONDS[unit] ?? Number.NaN)
  if (milliseconds <= LONGEST_TIMEOUT) return milliseconds
  throw new SettingError(`${name} takes a duration such as 90s, 15m, 12h or 7d, at most 400d`)
}

function checkSignup(environment: Environment): void {
  const mode = setting(environment, 'SIGNUP') ?? 'open'
  if (mode === 'open') return
  throw new SettingError('SIGNUP takes open; private needs mail, which this version does not send')
}

function keys(environment: Environment, production: boolean): string[] {
  const list =
    setting(environment, 'LATCHSTRING_KEYS')
      ?.split(',')
      .map((key) => key.trim()) ?? []
  const areLongEnough = list.every((key) => Buffer.byteLength(key) >= SHORTEST_KEY_BYTES)
  if (areLongEnough && (list.length > 0 || !production)) return list
  const requirement = production ? ', and is required in production' : ''
  throw new SettingError(
    `LATCHSTRING_KEYS takes secrets of ${SHORTEST_KEY_BYTES} bytes or more each, separated by commas${requirement}`,
  )
}
