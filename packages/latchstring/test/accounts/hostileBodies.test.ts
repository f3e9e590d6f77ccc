import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { rawRequest } from '../../src/testing/client.ts'
import type { Message } from '../http/client.ts'
import { watchFailures } from '../response-support.ts'
import { type Fields, POST_PATHS, type Post, preparePost, startAttacked } from './posts.ts'
import { ANNA, codeOf, isLoggedIn, startAccounts } from './site.ts'

type Refusal = readonly [status: number, code: string]

const INVALID: Refusal = [400, 'invalid_body']
const TOO_LARGE: Refusal = [413, 'payload_too_large']
const UNSUPPORTED: Refusal = [415, 'unsupported_media_type']

/** JSON that is no text; `1e400` is Infinity to a parser. */
const NO_TEXTS: readonly string[] = [
  ...['null', '0', '-1', '1e400', '123456789012345678901234567890', '[]', '["a"]', '[["a"]]'],
  ...['{}', '{"$ne":1}', '{"$gt":""}', '{"toString":"a"}', '{"length":20,"0":"a"}'],
]
const BOOLEANS = ['true', 'false']

/** No object with fields, or one that is not the same to every reader. */
const NO_OBJECTS: readonly string[] = [
  ...['null', 'true', '1', '1e400', '"text"', '[]', '[{}]', '{', '}', '{}{}', '{"a":1,}', "{'a':1}", '{a:1}'],
  ...['NaN', 'undefined', '/**/{}', '\0', '\ufeff{}', '{"a":"\\ud800"}', '{"a":1'],
  ...['{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '{"b":{"a":1,"a":2}}', '{"a":[{"__proto__":1}]}'],
  ...['{"__proto__":{"admin":true}}', '{"a":{"constructor":{"prototype":{"admin":true}}}}'],
  ...[10, 3_000].map((levels) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`),
  `{${Array.from({ length: 51 }, (_, index) => `"field${index}":1`).join()}}`,
]

const WRONG_TYPES: readonly string[] = [
  ...['text/plain', 'text/plain; charset=utf-8', 'text/html', 'multipart/form-data; boundary=x', '*/*'],
  ...['json', 'application/jsonx', 'application/json+x', 'application/ld+json', 'application /json'],
  ...[
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
  ],
  ...['application/json, text/plain', 'text/plain; application/json', 'application/json; charset="utf-8'],
  ...['application/json; charset=utf-8; boundary=x', 'application/json; charset=utf-8, text/plain'],
  ...[
    'application/x-www-form-urlencoded; charset=utf-16',
    `application/json${' '.repeat(100)};charset=utf-8`,
  ],
]

type Spoil = (fields: Fields) => readonly (Message & { readonly what: string })[]

/** What no path takes, whatever it is for. */
const SPOILT: Readonly<Record<string, { readonly refusal: Refusal; readonly spoil: Spoil }>> = {
  'a field of another type': {
    refusal: INVALID,
    spoil: (fields) =>
      Object.entries(fields).flatMap(([name, value]) =>
        [...NO_TEXTS, ...(typeof value === 'string' ? BOOLEANS : ['"yes"'])].map((other) => ({
          json: withField(fields, name, other),
          what: `${name}: ${other}`,
        })),
      ),
  },
  'anything but one object with each name once, in ten levels': {
    refusal: INVALID,
    spoil: (fields) => [...NO_OBJECTS, ...twice(fields)].map((json) => ({ json, what: json })),
  },
  'anything that does not say exactly that it is JSON or a form in UTF-8': {
    refusal: UNSUPPORTED,
    spoil: (fields) => {
      const types = [...WRONG_TYPES, ['application/json', 'text/plain']]
      const headers = [...types.map((type) => ({ 'content-type': type })), { 'content-encoding': 'gzip' }]
      const json = JSON.stringify({ ...fields, padding: 1 })
      return headers.map((given) => ({ json, headers: given, what: JSON.stringify(given) }))
    },
  },
  'more than 16 kB': {
    refusal: TOO_LARGE,
    spoil: (fields) => [
      { json: padded(fields, 16_385), what: '16 kB and a byte' },
      { json: '['.repeat(100_000), what: '100,000 levels' },
    ],
  },
}

function withField(fields: Fields, name: string, value: string): string {
  const others = Object.entries(fields).filter(([other]) => other !== name)
  return objectOf([...others.map(memberOf), `"${name}":${value}`])
}

function twice(fields: Fields): string[] {
  const members = Object.entries(fields).map(memberOf)
  return members.map((member) => objectOf([...members, member]))
}

function padded(fields: Fields, bytes: number): string {
  const length = bytes - JSON.stringify({ ...fields, padding: '' }).length
  return JSON.stringify({ ...fields, padding: 'x'.repeat(length) })
}

function memberOf([name, value]: readonly [string, string | boolean]): string {
  return `"${name}":${JSON.stringify(value)}`
}

function objectOf(members: readonly string[]): string {
  return `{${members.join()}}`
}

for (const path of POST_PATHS) {
  test(`POST ${path} refuses with a code, and changes nothing (P-11, W-04, F-03, T42, T50, T52)`, async (t) => {
    const failures = watchFailures(t)
    const site = await startAttacked(t, path)
    const post = await preparePost(site, path)
    const before = await site.changes()
    for (const [name, { refusal, spoil }] of Object.entries(SPOILT)) {
      await t.test(name, async () => {
        for (const { what, ...message } of spoil(post.fields)) {
          const reply = await post.browser.send(post.path, { method: 'POST', ...message })
          assert.deepEqual([reply.status, codeOf(reply)], refusal, what.slice(0, 200))
          assert.equal(reply.headers['set-cookie'], undefined)
        }
        assert.equal(await site.changes(), before)
      })
    }
    assert.deepEqual(failures, [])
    assert.equal('admin' in {}, false)
    await stillWorks(post)
  })
}

/** What was refused was the spoilt part, and nothing was used up by it. */
async function stillWorks({ browser, path, fields }: Post): Promise<void> {
  const { status } = await browser.post(path, fields)
  assert.ok(status < 300 || (status === 401 && path === '/login/continue'), String(status))
}

test('a body of exactly 16 kB is taken', async (t) => {
  const site = await startAccounts(t)
  const reply = await site.browser().post('/password/forgot', padded({ email: ANNA.email }, 16_384))
  assert.equal(reply.status, 202)
})

function head(path: string, ...lines: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', ...lines, '', ''].join('\r\n')
}

test('a body that announces 10 MB is refused before it is sent (T52)', async (t) => {
  const { origin } = await startAccounts(t)
  const port = Number(new URL(origin).port)
  for (const path of POST_PATHS) {
    const answer = await rawRequest(port, head(path, 'Content-Length: 10485760', 'Connection: close'))
    assert.match(answer, /^HTTP\/1\.1 413 /, path)
  }
})

test('10 MB in pieces without a length are refused, and not kept (T52)', async (t) => {
  const { origin } = await startAccounts(t)
  const port = Number(new URL(origin).port)
  const piece = `100000\r\n${'x'.repeat(0x10_00_00)}\r\n`
  const request = head('/login', 'Transfer-Encoding: chunked', 'Connection: close') + piece.repeat(10)
  assert.match(await rawRequest(port, `${request}0\r\n\r\n`), /^HTTP\/1\.1 413 /)
})

test('a body that is small only while it is compressed is not unpacked (T52)', async (t) => {
  const { origin } = await startAccounts(t)
  const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024))
  const lines = [`Content-Length: ${bomb.length}`, 'Content-Encoding: gzip', 'Connection: close']
  const request = Buffer.concat([Buffer.from(head('/login', ...lines)), bomb])
  assert.match(await rawRequest(Number(new URL(origin).port), request), /^HTTP\/1\.1 415 /)
})

test('a body that stops coming is given up after ten seconds (T52)', async (t) => {
  const { origin } = await startAccounts(t)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.after(() => socket.destroy())
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.write(`${head('/login', 'Content-Length: 20')}{`)
  let waited = 0
  for (; received === ''; waited += 100) {
    t.mock.timers.tick(100)
    await turn()
  }
  assert.match(received, /^HTTP\/1\.1 408 .*"code":"request_timeout"/s)
  assert.ok(waited >= 10_000)
})

test('a body that breaks off has no effect, and the next request is served (T52)', async (t) => {
  const site = await startAttacked(t, '/logout')
  const socket = connect(Number(new URL(site.origin).port), '127.0.0.1')
  const request = head('/logout', `Cookie: ${site.anna.cookie}`, 'Content-Length: 20')
  socket.write(`${request}{"a":`, () => socket.destroy())
  await once(socket, 'close')
  assert.equal(await isLoggedIn(site.anna), true)
})
