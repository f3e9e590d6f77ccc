import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { type Environment, readSettings } from './settings.ts'

const README = new URL('../README.md', import.meta.url)
const MINUTE = 60_000
const DAY = 86_400_000
const KEY = 'k'.repeat(32)
const SMTP = { SMTP_URL: 'smtps://user:secret@mail.example.test', MAIL_FROM: 'App <app@example.test>' }
const PRODUCTION = {
  NODE_ENV: 'production',
  BASE_URL: 'https://app.example.test',
  LATCHSTRING_KEYS: KEY,
  ...SMTP,
}

const DURATION_LINE = 'takes a duration such as 90s, 15m, 12h or 7d, at most 400d'
const DATABASE_LINE =
  'DATABASE_URL takes sqlite:<path>, postgres://… or mysql://…, such as sqlite:./data/latchstring.db'
const SESSION_STORE_LINE =
  'SESSION_STORE_URL takes redis://… or rediss://… (nodes of a cluster separated by commas), sqlite:<path>, postgres://…, mysql://… or memory:'
const SMTP_LINE = 'SMTP_URL takes smtp://… or smtps://…, such as smtps://user:password@mail.example.com'
const FROM_LINE = 'MAIL_FROM takes a sender such as Acme <hello@acme.example>, and is required with SMTP_URL'
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
  ...[
    'oracle://db/app',
    'postgres:',
    'postgres://',
    'mysql:app',
    'sqlite:',
    './data.db',
    'redis://cache',
  ].map((DATABASE_URL): [Environment, string] => [{ DATABASE_URL }, DATABASE_LINE]),
  ...['memory', 'redis://', 'redis:cache', 'redis://one,', 'redis://one,http://two', 'database'].map(
    (SESSION_STORE_URL): [Environment, string] => [{ SESSION_STORE_URL }, SESSION_STORE_LINE],
  ),
  ...['12', '0h', '-1h', '1.5h', '12 h', '1w', '401d', '999999999d', 'forever'].map(
    (IDLE_TIMEOUT): [Environment, string] => [{ IDLE_TIMEOUT }, `IDLE_TIMEOUT ${DURATION_LINE}`],
  ),
  [{ ABSOLUTE_TIMEOUT: 'never' }, `ABSOLUTE_TIMEOUT ${DURATION_LINE}`],
  [{ IDLE_TIMEOUT: '8d' }, 'IDLE_TIMEOUT takes at most the ABSOLUTE_TIMEOUT'],
  ...['true', '11', '-1', 'loopback'].map((TRUST_PROXY): [Environment, string] => [
    { TRUST_PROXY },
    'TRUST_PROXY takes a whole number from 0 to 10',
  ]),
  [{ SIGNUP: 'closed' }, 'SIGNUP takes open or private'],
  ...['mail.example.test', 'http://mail.example.test', 'smtp:', 'smtp://'].map(
    (SMTP_URL): [Environment, string] => [{ SMTP_URL, MAIL_FROM: '' }, SMTP_LINE],
  ),
  [{ SMTP_URL: SMTP.SMTP_URL }, FROM_LINE],
  ...['nobody', '@', 'a@b, c@d', 'App <app>', 'App <a@b> <c@d>', 'a\r\nBcc: x@y'].map(
    (MAIL_FROM): [Environment, string] => [{ ...SMTP, MAIL_FROM }, FROM_LINE],
  ),
  [{ MAIL_FROM: SMTP.MAIL_FROM }, `${SMTP_LINE}, and is required with MAIL_FROM`],
  [{ ...PRODUCTION, SMTP_URL: '', MAIL_FROM: '' }, `${SMTP_LINE}, and is required in production`],
  [{ ...PRODUCTION, MAIL_FROM: undefined }, FROM_LINE],
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
      database: { kind: 'sqlite', path: './data/latchstring.db' },
      sessionStore: { kind: 'database' },
      idleTimeout: 720 * MINUTE,
      absoluteTimeout: 7 * DAY,
      rememberTimeout: 30 * DAY,
      trustProxy: 0,
      signup: 'open',
      smtp: null,
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
      SIGNUP: 'private',
      LATCHSTRING_KEYS: `${KEY}, ${'é'.repeat(16)}`,
    })
    assert.deepEqual(settings, {
      production: true,
      port: 8080,
      host: '0.0.0.0',
      baseUrl: 'https://app.example.test',
      database: { kind: 'sqlite', path: '/var/lib/app.db' },
      sessionStore: { kind: 'sqlite', path: './sessions.db' },
      idleTimeout: 15 * MINUTE,
      absoluteTimeout: 90 * DAY,
      rememberTimeout: 90 * DAY,
      trustProxy: 1,
      signup: 'private',
      smtp: { url: 'smtps://user:secret@mail.example.test', from: 'App <app@example.test>' },
      keys: [KEY, 'é'.repeat(16)],
    })
  })

  test('a short absolute timeout needs no idle one beside it', () => {
    const { idleTimeout, absoluteTimeout } = readSettings({ ABSOLUTE_TIMEOUT: '15m' })
    assert.deepEqual([idleTimeout, absoluteTimeout], [15 * MINUTE, 15 * MINUTE])
  })

  test('the README of the app lists every setting that is read, and no other', () => {
    const read = new Set<string>()
    const environment = new Proxy(PRODUCTION, {
      get: (values, name) => {
        read.add(String(name))
        return Reflect.get(values, name)
      },
    })
    readSettings(environment)
    const [, section = ''] = readFileSync(README, 'utf8').split('\n## Settings\n')
    const cells = Array.from(section.matchAll(/^\| (`[^|]+) \|/gm), ([, cell = '']) => cell)
    const listed = cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, name]) => name))
    assert.deepEqual(listed.sort(), [...read].sort())
  })

  test('an empty value means the default, as an empty line of a .env file does', () => {
    assert.deepEqual(
      readSettings({ PORT: '', HOST: ' ', BASE_URL: '', LATCHSTRING_KEYS: '' }),
      readSettings({}),
    )
  })

  test('a SQLite path may be absolute, relative or in memory, with or without two more slashes', () => {
    const pathOf = (url: string) => readSettings({ DATABASE_URL: url }).database
    assert.deepEqual(pathOf('sqlite:///srv/app.db'), { kind: 'sqlite', path: '/srv/app.db' })
    assert.deepEqual(pathOf('sqlite://./app.db'), { kind: 'sqlite', path: './app.db' })
    assert.deepEqual(pathOf('sqlite::memory:'), { kind: 'sqlite', path: ':memory:' })
  })

  test('the database may be on a server', () => {
    const kindOf = (url: string) => readSettings({ DATABASE_URL: url }).database
    for (const url of ['postgres://user:secret@db/app', 'postgresql://db/app', 'postgres:///app?host=/run'])
      assert.deepEqual(kindOf(url), { kind: 'postgres', url })
    assert.deepEqual(kindOf('mysql://db/app'), { kind: 'mysql', url: 'mysql://db/app' })
  })

  test('sessions may live in Redis, in a cluster, in memory, or in another database', () => {
    const storeOf = (SESSION_STORE_URL: string) => readSettings({ SESSION_STORE_URL }).sessionStore
    assert.deepEqual(storeOf('redis://cache'), { kind: 'redis', urls: ['redis://cache'] })
    const urls = ['rediss://:secret@one:7000', 'rediss://:secret@two:7000']
    assert.deepEqual(storeOf(urls.join(', ')), { kind: 'redis', urls })
    assert.deepEqual(storeOf('memory:'), { kind: 'memory' })
    assert.deepEqual(storeOf('postgres://db/app'), { kind: 'postgres', url: 'postgres://db/app' })
    assert.deepEqual(storeOf('mysql://db/app'), { kind: 'mysql', url: 'mysql://db/app' })
  })

  test('a sender may have a name', () => {
    for (const MAIL_FROM of ['app@example.test', 'App <app@example.test>', 'Ümit & Co. <a@b.test>'])
      assert.equal(readSettings({ ...SMTP, MAIL_FROM }).smtp?.from, MAIL_FROM)
  })

  for (const [environment, line] of REFUSED) {
    test(`${JSON.stringify(environment)} is refused in one line`, () => {
      assert.throws(() => readSettings(environment), { name: 'SettingError', message: line })
    })
  }
})
