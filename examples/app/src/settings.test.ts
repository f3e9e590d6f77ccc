import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Environment, readSettings } from './settings.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const KEY = 'k'.repeat(32)
const PRODUCTION = { NODE_ENV: 'production', BASE_URL: 'https://app.example.test', LATCHSTRING_KEYS: KEY }

const DURATION_LINE = 'takes a duration such as 90s, 15m, 12h or 7d, at most 400d'
const DATABASE_LINE =
  'DATABASE_URL takes sqlite:<path>, such as sqlite:./data/latchstring.db; this version has no other database'
const ORIGIN_LINE = 'BASE_URL takes an origin without a path, such as https://app.example.com'
const KEYS_LINE = 'LATCHSTRING_KEYS takes secrets of 32 bytes or more each, separated by commas'

/** Every kind of wrong value, and the line that the app stops with. */
const REFUSED: [Environment, string][] = [
  ...['abc', '-1', '3000.5', '65536', '0x10', '1e3'].map((PORT): [Environment, string] => [
    { PORT },
    'PORT takes a whole number from 0 to 65535',
  ]),
  [{ HOST: 'local host' }, 'HOST takes a host name or an IP address, such as localhost or 0.0.0.0'],
  [{ HOST: 'http://localhost' }, 'HOST takes a host name or an IP address, such as localhost or 0.0.0.0'],
  ...[
    'app.example.test',
    'ftp://a.example.test',
    'https://a.example.test/path',
    'https://u:p@a.example.test',
  ].map((BASE_URL): [Environment, string] => [{ BASE_URL }, ORIGIN_LINE]),
  [{ ...PRODUCTION, BASE_URL: undefined }, `${ORIGIN_LINE}, and is required in production`],
  ...['postgres://db/app', 'postgresql://db/app', 'mysql://db/app', 'sqlite:', './data.db'].map(
    (DATABASE_URL): [Environment, string] => [{ DATABASE_URL }, DATABASE_LINE],
  ),
  ...['redis://cache', 'postgres://db/app', 'memory'].map((SESSION_STORE_URL): [Environment, string] => [
    { SESSION_STORE_URL },
    'SESSION_STORE_URL takes sqlite:<path> or memory: in this version',
  ]),
  ...['12', '0h', '-1h', '1.5h', '12 h', '1w', '401d', '999999999d', 'forever'].map(
    (IDLE_TIMEOUT): [Environment, string] => [{ IDLE_TIMEOUT }, `IDLE_TIMEOUT ${DURATION_LINE}`],
  ),
  [{ ABSOLUTE_TIMEOUT: 'never' }, `ABSOLUTE_TIMEOUT ${DURATION_LINE}`],
  [{ IDLE_TIMEOUT: '8d' }, 'IDLE_TIMEOUT takes at most the ABSOLUTE_TIMEOUT'],
  ...['true', '11', '-1', 'loopback'].map((TRUST_PROXY): [Environment, string] => [
    { TRUST_PROXY },
    'TRUST_PROXY takes a whole number from 0 to 10',
  ]),
  [{ SIGNUP: 'private' }, 'SIGNUP takes open; private needs mail, which this version does not send'],
  [{ SIGNUP: 'closed' }, 'SIGNUP takes open; private needs mail, which this version does not send'],
  [{ LATCHSTRING_KEYS: 'k'.repeat(31) }, KEYS_LINE],
  [{ LATCHSTRING_KEYS: `${KEY},short` }, KEYS_LINE],
  [{ ...PRODUCTION, LATCHSTRING_KEYS: undefined }, `${KEYS_LINE}, and is required in production`],
]

suite('settings', () => {
  test('an empty environment gives the defaults', () => {
    assert.deepEqual(readSettings({}), {
      production: false,
      port: 3000,
      host: 'localhost',
      baseUrl: 'http://localhost:3000',
      databasePath: './data/latchstring.db',
      sessionStore: { kind: 'database' },
      idleTimeout: 720 * MINUTE,
      absoluteTimeout: 7 * DAY,
      rememberTimeout: 30 * DAY,
      trustProxy: 0,
      keys: [],
    })
  })

  test('every setting is read', () => {
    const settings = readSettings({
      ...PRODUCTION,
      PORT: '8080',
      HOST: '0.0.0.0',
      DATABASE_URL: 'sqlite:/var/lib/app.db',
      SESSION_STORE_URL: 'sqlite:./sessions.db',
      IDLE_TIMEOUT: '15m',
      ABSOLUTE_TIMEOUT: '90d',
      TRUST_PROXY: '1',
      SIGNUP: 'open',
      LATCHSTRING_KEYS: `${KEY}, ${'é'.repeat(16)}`,
    })
    assert.deepEqual(settings, {
      production: true,
      port: 8080,
      host: '0.0.0.0',
      baseUrl: 'https://app.example.test',
      databasePath: '/var/lib/app.db',
      sessionStore: { kind: 'sqlite', path: './sessions.db' },
      idleTimeout: 15 * MINUTE,
      absoluteTimeout: 90 * DAY,
      rememberTimeout: 90 * DAY,
      trustProxy: 1,
      keys: [KEY, 'é'.repeat(16)],
    })
  })

  test('an empty value means the default, as an empty line of a .env file does', () => {
    assert.deepEqual(
      readSettings({ PORT: '', HOST: ' ', BASE_URL: '', LATCHSTRING_KEYS: '' }),
      readSettings({}),
    )
  })

  test('a SQLite path may be absolute, relative or in memory, with or without two more slashes', () => {
    const pathOf = (url: string) => readSettings({ DATABASE_URL: url }).databasePath
    assert.equal(pathOf('sqlite:///srv/app.db'), '/srv/app.db')
    assert.equal(pathOf('sqlite://./app.db'), './app.db')
    assert.equal(pathOf('sqlite::memory:'), ':memory:')
  })

  for (const [environment, line] of REFUSED) {
    test(`${JSON.stringify(environment)} is refused in one line`, () => {
      assert.throws(() => readSettings(environment), { name: 'SettingError', message: line })
    })
  }
})
