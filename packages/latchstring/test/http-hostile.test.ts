import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import { rawRequest } from '../src/testing/client.ts'
import { listen, testAuth, watchFailures } from './response-support.ts'

const REQUESTS = 10_000
const CONNECTIONS = 20

async function start(t: TestContext) {
  const made = testAuth(t)
  const app = express().use(made.auth.sessionMiddleware)
  app.get('/protected', made.auth.authenticate, (_, response) => void response.send('secret'))
  app.get('/', (request, response) => void response.send(`user ${request.session.userId}`))
  app.post('/', (request, response) => void response.send(`user ${request.session.userId}`))
  const { port } = await listen(t, createServer(app))
  return { ...made, port }
}

interface Tally {
  readonly statuses: ReadonlySet<string>
  readonly answers: number
  readonly setCookies: number
}

/** Sends many requests over a few connections, without waiting for one answer before the next request. */
async function flood(port: number, cookieOf: (index: number) => string | null): Promise<Tally> {
  const each = REQUESTS / CONNECTIONS
  const texts = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, connection) => {
      const requests = Array.from({ length: each }, (_, index) => {
        const isLast = index === each - 1
        return requestOf(cookieOf(connection * each + index), isLast)
      })
      return rawRequest(port, requests.join(''))
    }),
  )
  const answers = texts.join('').match(/HTTP\/1\.1 \d{3}/g) ?? []
  const setCookies = texts.join('').match(/set-cookie/gi) ?? []
  return { statuses: new Set(answers), answers: answers.length, setCookies: setCookies.length }
}

function requestOf(cookie: string | null, isLast: boolean): string {
  const lines = ['GET / HTTP/1.1', 'Host: a']
  if (cookie !== null) lines.push(`Cookie: ${cookie}`)
  if (isLast) lines.push('Connection: close')
  return `${lines.join('\r\n')}\r\n\r\n`
}

const NO_TOKENS = [
  'theme=dark; _ga=GA1.2.3',
  'latchstring=',
  'latchstring=short',
  `latchstring=${'x'.repeat(42)}`,
  `latchstring=${'x'.repeat(44)}`,
  `latchstring=${'x'.repeat(42)}!`,
  `latchstring=${'x'.repeat(200)}`,
  `latchstring="${'x'.repeat(43)}"`,
  `Latchstring=${'x'.repeat(43)}`,
  `latchstring2=${'x'.repeat(43)}`,
  `__Host-Http-latchstring=${'x'.repeat(43)}`,
  Array.from({ length: 60 }, (_, index) => `junk${index}=${'j'.repeat(20)}`).join('; '),
]

suite('ten thousand requests of strangers', () => {
  test('S-03, T25: without a cookie create nothing, set nothing and ask the store nothing', async (t) => {
    const { port, store } = await start(t)
    const tally = await flood(port, () => null)
    assert.deepEqual(tally, { statuses: new Set(['HTTP/1.1 200']), answers: REQUESTS, setCookies: 0 })
    assert.deepEqual(store.calls, { read: 0, write: 0, remove: 0, list: 0, purge: 0 })
  })

  test('S-03, T25: with cookies that cannot be tokens create nothing, set nothing and ask the store nothing', async (t) => {
    const { port, store } = await start(t)
    const tally = await flood(port, (index) => NO_TOKENS[index % NO_TOKENS.length] ?? null)
    assert.deepEqual(tally, { statuses: new Set(['HTTP/1.1 200']), answers: REQUESTS, setCookies: 0 })
    assert.deepEqual(store.calls, { read: 0, write: 0, remove: 0, list: 0, purge: 0 })
  })

  test('S-03, T25: with tokens that nobody was given create nothing, and none of them is adopted', async (t) => {
    const { port, store } = await start(t)
    const tokenOf = (index: number) => String(index).padStart(43, 'A')
    const tally = await flood(port, (index) => `latchstring=${tokenOf(index)}`)
    assert.deepEqual(tally, { statuses: new Set(['HTTP/1.1 200']), answers: REQUESTS, setCookies: 0 })
    assert.deepEqual(store.calls, { read: REQUESTS, write: 0, remove: 0, list: 0, purge: 0 })
    assert.equal(await store.rows(), 0)
  })
})

/** All that Node's parser lets through in a header. */
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, code) => code).filter(isHeaderByte)).toString(
  'latin1',
)
const TOKEN = 'x'.repeat(43)

/** Header lines as no browser sends them. */
const LINES: Readonly<Record<string, string>> = {
  'no value': 'Cookie:',
  'only separators': 'Cookie: ;;;;=;=;==',
  'two cookies of our name': `Cookie: latchstring=${TOKEN}; latchstring=${TOKEN}`,
  'two headers': `Cookie: latchstring=${TOKEN}\r\nCookie: latchstring=${TOKEN}`,
  'a hundred headers': Array.from({ length: 100 }, () => `Cookie: latchstring=${TOKEN}`).join('\r\n'),
  'every printable byte': `Cookie: latchstring=${everyByte}`,
  'bytes above 127': `Cookie: \xa0latchstring=${TOKEN}; \x85latchstring=${TOKEN}; \xc2\xa0latchstring=${TOKEN}`,
  'invalid UTF-8': `Cookie: latchstring=\xff\xfe\xc0\x80${TOKEN}`,
  'a NUL': `Cookie: latchstring=\0${TOKEN}`,
  'control bytes': `Cookie: latchstring=\x01\x02\x0b\x0c\x1f${TOKEN}`,
  'a folded line': `Cookie: latchstring=\r\n ${TOKEN}`,
  'a bare line feed': `Cookie: latchstring=\n${TOKEN}`,
  'a bare carriage return': `Cookie: latchstring=\r${TOKEN}`,
  'a value of 15 KB': `Cookie: latchstring=${'x'.repeat(15_000)}`,
  '50 others and 15 KB': `Cookie: ${Array.from({ length: 50 }, (_, index) => `c${index}=${'y'.repeat(280)}`).join('; ')}`,
  'a megabyte': `Cookie: latchstring=${'x'.repeat(1_048_576)}`,
  'an Origin of a megabyte': `Origin: ${'x'.repeat(1_048_576)}`,
  'a broken Origin': 'Origin: ://\xff%00',
  'a User-Agent of 15 KB': `User-Agent: ${'\xff'.repeat(15_000)}`,
  'a broken Authorization': 'Authorization: Bearer \xff\xff',
  'percent signs': 'Cookie: latchstring=%; %=%; %E0%A4%A=%ff',
  'names of the prototype': 'Cookie: __proto__=1; constructor=2; prototype=3; latchstring=__proto__',
}

function isHeaderByte(code: number): boolean {
  return code === 9 || (code >= 32 && code !== 127)
}

for (const method of ['GET', 'POST']) {
  suite(`a ${method} request that no browser sends`, () => {
    for (const [what, line] of Object.entries(LINES)) {
      test(`F-03: with ${what} is no error of the server, and no session`, async (t) => {
        const failures = watchFailures(t)
        const { port, store } = await start(t)
        const answer = await rawRequest(
          port,
          `${method} / HTTP/1.1\r\nHost: a\r\n${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        )
        const [, status = ''] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? []
        assert.match(status, /^(200|400|403|431)$/)
        if (status === '200') assert.ok(answer.endsWith('user null'))
        assert.doesNotMatch(answer, /set-cookie|node_modules|x{43}/i)
        assert.equal(store.calls.write, 0)
        assert.deepEqual(failures, [])
      })
    }
  })
}

test('S-07, T21: a token is only taken from the cookie', async (t) => {
  const { port, auth } = await start(t)
  const app = express().use(auth.sessionMiddleware)
  app.get('/login', (request, response) => {
    auth.generateSession(request, { id: 1 })
    response.send('in')
  })
  const other = await listen(t, createServer(app))
  const login = await rawRequest(other.port, 'GET /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const [, token = ''] = /latchstring=([\w-]{43})/.exec(login) ?? []
  assert.equal(login.split(token).length, 2)
  const ask = (target: string, headers: string) =>
    rawRequest(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`)
  assert.match(await ask('/protected', `Cookie: latchstring=${token}\r\n`), /^HTTP\/1\.1 200 /)
  const places = [
    [`/protected?latchstring=${token}`, ''],
    [`/protected;latchstring=${token}`, ''],
    ['/protected', `Authorization: Bearer ${token}\r\n`],
    ['/protected', `Authorization: Basic ${token}\r\n`],
    ['/protected', `X-Session: ${token}\r\nLatchstring: ${token}\r\nX-Auth-Token: ${token}\r\n`],
    ['/protected', `Set-Cookie: latchstring=${token}\r\n`],
    ['/protected', `Cookie2: latchstring=${token}\r\n`],
    ['/protected', `Cookie: sid=${token}\r\n`],
  ]
  for (const [target = '', headers = ''] of places) {
    const answer = await ask(target, headers)
    assert.match(answer, /^HTTP\/1\.1 (401|404) /, target + headers)
    assert.ok(!answer.includes(token) || target.includes(token))
  }
})
