import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import express, { type RequestHandler } from 'express'
import fc from 'fast-check'
import { express4 } from '../../test/response-support.ts'
import { type FakeClock, fakeClock, fakeTimers } from '../testing/clock.ts'
import { type BodyRequest, readFields } from './requestBody.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

const MALFORMED = 'Send an object or a form with each field once, well-formed'
const INVALID = { status: 400, code: 'invalid_body', message: MALFORMED }
const TOO_LARGE = { status: 413, code: 'payload_too_large', message: 'The body is too large' }
const TOO_SLOW = { status: 408, code: 'request_timeout', message: 'The body took too long to arrive' }
const BROKEN_OFF = { status: 400, code: 'invalid_body', message: 'The body did not arrive whole' }
const UNSUPPORTED = {
  status: 415,
  code: 'unsupported_media_type',
  message: 'Send application/json or application/x-www-form-urlencoded, in UTF-8 and without compression',
}

/** What was read of a body, as a client could be told. */
type Reading =
  | { fields: Record<string, unknown>; isForm: boolean }
  | { status: number; code: string; message: string }

async function read(request: BodyRequest, limits = {}): Promise<Reading> {
  const body = await readFields(request, limits)
  if (body.kind === 'refused') return { status: body.status, code: body.code, message: body.message }
  assert.equal(Object.getPrototypeOf(body.fields), null)
  return { fields: { ...body.fields }, isForm: body.isForm }
}

/** A request of which nobody but the test says what arrives. */
function requestOf(chunks: readonly (string | Uint8Array)[], headers: Record<string, string>): BodyRequest {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  return Object.assign(stream, { headers })
}

function readText(text: string | Uint8Array, type: string = JSON_TYPE): Promise<Reading> {
  return read(requestOf([text], { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }))
}

suite('the body of a request', () => {
  test('F-07: is read as JSON or as a form, by what the request says that it is', async () => {
    const fields = { email: 'anna@example.test', remember: true, list: [1, { a: null }] }
    assert.deepEqual(await readText(JSON.stringify(fields)), { fields, isForm: false })
    assert.deepEqual(await readText('email=a%40b&remember=on', FORM_TYPE), {
      fields: { email: 'a@b', remember: 'on' },
      isForm: true,
    })
  })

  test('F-07: that is missing has no fields, whatever the type says', async () => {
    for (const type of [JSON_TYPE, FORM_TYPE, 'text/plain']) {
      const { fields } = Object(await readText('', type))
      assert.deepEqual(fields, {})
    }
    assert.deepEqual(await read(requestOf([], {})), { fields: {}, isForm: false })
    assert.deepEqual(await read(requestOf([], { 'content-type': JSON_TYPE })), { fields: {}, isForm: false })
  })

  test('W-04: is read under the exact types and in UTF-8 only', async () => {
    const accepted = [
      ...[
        'application/json',
        'Application/JSON',
        'application/json;charset=utf-8',
        'APPLICATION/JSON ;\tCHARSET=UTF-8',
      ],
      ...[' application/json ', 'application/json; charset="utf-8"'],
    ]
    for (const type of accepted)
      assert.deepEqual(await readText('{"a":1}', type), { fields: { a: 1 }, isForm: false }, type)
    const refused = [
      ...[
        '',
        'text/plain',
        'text/json',
        'application/jsonx',
        'application/json5',
        'application/json+x',
        'application',
      ],
      ...[
        'application/ld+json',
        'json',
        '*/*',
        'application/*',
        'multipart/form-data; boundary=x',
        'text/html',
      ],
      ...[
        'application/json; charset=latin1',
        'application/json; charset=utf-16',
        'application/json; charset=utf8',
      ],
      ...[
        'application/json, application/json',
        'text/plain, application/json',
        'application/json, text/plain',
      ],
      ...[
        'text/plain; application/json',
        'application/json; text/plain',
        'application/json;',
        'application/json; charset',
      ],
      ...[
        'application/json; charset=utf-8; charset=utf-7',
        'application/json\u00a0',
        'application /json',
        'application/json x',
      ],
      ...[
        'application/x-www-form-urlencoded2',
        'x-www-form-urlencoded',
        `application/json${' '.repeat(1e5)}`,
        ';'.repeat(1e5),
      ],
    ]
    for (const type of refused)
      assert.deepEqual(await readText('{"a":1}', type), UNSUPPORTED, type.slice(0, 80))
    assert.deepEqual(await read(requestOf(['{"a":1}'], { 'content-length': '7' })), UNSUPPORTED)
    assert.deepEqual(await read(requestOf(['{"a":1}'], { 'transfer-encoding': 'chunked' })), UNSUPPORTED)
    assert.deepEqual(await read(requestOf(['{"a":1}'], {})), UNSUPPORTED)
  })

  test('W-04: that is compressed is not read, whatever it would become (T52)', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '))
    for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip', 'identity, identity', 'x', '']) {
      const headers = {
        'content-type': JSON_TYPE,
        'content-encoding': encoding,
        'content-length': String(bomb.length),
      }
      assert.deepEqual(await read(requestOf([bomb], headers)), UNSUPPORTED, encoding)
    }
    const plain = { 'content-type': JSON_TYPE, 'content-encoding': 'Identity' }
    assert.deepEqual(await read(requestOf(['{}'], plain)), { fields: {}, isForm: false })
  })

  test('F-07: may have 16 kB, told or counted, and not one byte more (T52)', async () => {
    const body = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    const chunked = { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }
    assert.equal(Object.hasOwn(await readText(body(16_384)), 'fields'), true)
    assert.equal(Object.hasOwn(await read(requestOf([body(16_384)], chunked)), 'fields'), true)
    assert.deepEqual(await readText(body(16_385)), TOO_LARGE)
    assert.deepEqual(await read(requestOf([body(16_385)], chunked)), TOO_LARGE)
    assert.deepEqual(await read(requestOf(['{"a":', '"', 'ü'.repeat(8_190), '"}'], chunked)), TOO_LARGE)
    assert.deepEqual(await readText('é'.repeat(8_193), FORM_TYPE), TOO_LARGE)
    const lied = { 'content-type': JSON_TYPE, 'content-length': '2' }
    assert.deepEqual(await read(requestOf([body(16_385)], lied)), TOO_LARGE)
    assert.deepEqual(
      await read(requestOf([], { 'content-type': JSON_TYPE, 'content-length': '10000000' })),
      TOO_LARGE,
    )
    assert.deepEqual(await read(requestOf(['{"a":1}'], chunked), { limit: 6 }), TOO_LARGE)
  })

  test('F-07: is one object of fields, in characters that are whole (T49, T50, T52)', async () => {
    const wrong = [
      ...[
        '{',
        '[]',
        '[{"a":1}]',
        'null',
        '1',
        '"a"',
        'true',
        'a=1',
        '{"a":1}x',
        '{"a":1,"a":2}',
        '{"__proto__":{"x":1}}',
      ],
      ...['{"a":{"constructor":1}}', '{"a":"\\ud800"}', '\ufeff{}', '{"a":'.repeat(11) + 1 + '}'.repeat(11)],
      ...['['.repeat(8_000) + ']'.repeat(8_000), '{"a":'.repeat(3_000), ' ', '\0', '{"a":\u00a01}'],
    ]
    for (const text of wrong) assert.deepEqual(await readText(text), INVALID, text.slice(0, 60))
    const wrongForms = [
      'a=1&a=2',
      '__proto__=1',
      'constructor=',
      'a=%zz',
      'a=%ff',
      '\ufeffa=1',
      'a=%ed%a0%80',
    ]
    for (const text of wrongForms) assert.deepEqual(await readText(text, FORM_TYPE), INVALID, text)
    const bytes = [
      [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
      [0xc3],
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      [0x7b, 0, 0x7d, 0],
    ]
    for (const type of [JSON_TYPE, FORM_TYPE]) {
      for (const wrongBytes of bytes.slice(0, 3)) {
        assert.deepEqual(await readText(Uint8Array.from(wrongBytes), type), INVALID, String(wrongBytes))
      }
    }
    assert.deepEqual(await readText(Uint8Array.from(bytes[3] ?? [])), INVALID)
    assert.equal('x' in {}, false)
  })

  test('F-07: has 50 fields at most', async () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, '1']))
    for (const count of [50, 51]) {
      const isAccepted = count === 50
      const form = new URLSearchParams(fields(count)).toString()
      assert.equal(Object.hasOwn(await readText(JSON.stringify(fields(count))), 'fields'), isAccepted)
      assert.equal(Object.hasOwn(await readText(form, FORM_TYPE), 'fields'), isAccepted)
    }
  })

  test('F-07: is the same in however many pieces it arrives', async () => {
    const text = JSON.stringify({ a: 'ü😀', b: [1, 2] })
    const bytes = Buffer.from(text)
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    const headers = { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }
    assert.deepEqual(await read(requestOf(single, headers)), { fields: JSON.parse(text), isForm: false })
  })

  test('F-03: is never an error, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1 }),
        fc.constantFrom(JSON_TYPE, FORM_TYPE, 'x'),
        async (bytes, type) => {
          const reading = await readText(bytes, type)
          assert.ok('fields' in reading || [INVALID.code, UNSUPPORTED.code].includes(reading.code))
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** A server that answers with what it read, until the test is over. */
async function serve(t: TestContext, server: Server): Promise<number> {
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

interface Bench {
  readonly port: number
  readonly clock: FakeClock
  /** What was read of each request so far. */
  readonly readings: Reading[]
  /** Resolves with the next request, once its body is being read. */
  arrival(): Promise<IncomingMessage>
}

async function bench(t: TestContext): Promise<Bench> {
  const clock = fakeClock()
  const readings: Reading[] = []
  const arrivals: ((request: IncomingMessage) => void)[] = []
  const server = createServer(async (request, response) => {
    const reading = read(request, { timers: fakeTimers(clock) })
    for (const arrived of arrivals.splice(0)) arrived(request)
    readings.push(await reading)
    response.end(JSON.stringify(readings.at(-1)))
  })
  const port = await serve(t, server)
  return { port, clock, readings, arrival: () => new Promise((resolve) => arrivals.push(resolve)) }
}

function dial(t: TestContext, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return socket
}

const head = (...lines: string[]): string => ['POST / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n')

async function answerOf(socket: Socket): Promise<unknown> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    const [, body] = /\r\n\r\n(\{.*\})/s.exec(text) ?? []
    if (body !== undefined) return JSON.parse(body)
  }
  return null
}

suite('the body of a request over a socket', () => {
  test('W-04: with two content types has none that counts', async (t) => {
    const { port } = await bench(t)
    const socket = dial(t, port)
    socket.write(
      `${head('Content-Type: application/json', 'Content-Type: text/plain', 'Content-Length: 2')}{}`,
    )
    assert.deepEqual(await answerOf(socket), UNSUPPORTED)
  })

  test('F-03: that does not arrive in 10 seconds, all in all, is refused (T52)', async (t) => {
    const { port, clock, arrival } = await bench(t)
    const socket = dial(t, port)
    const arrived = arrival()
    socket.write(head(`Content-Type: ${JSON_TYPE}`, 'Content-Length: 100'))
    const request = await arrived
    for (let second = 0; second < 9; second++) {
      socket.write(' ')
      await new Promise((resolve) => request.once('data', resolve))
      clock.advance(1_000)
    }
    clock.advance(999)
    await turn()
    clock.advance(1)
    assert.deepEqual(await answerOf(socket), TOO_SLOW)
  })

  test('F-03: that is broken off is refused, and harms nobody (T52)', async (t) => {
    const { port, readings, arrival } = await bench(t)
    for (const end of ['destroy', 'resetAndDestroy'] as const) {
      const socket = dial(t, port)
      const arrived = arrival()
      socket.write(`${head(`Content-Type: ${JSON_TYPE}`, 'Content-Length: 100')}{"a"`)
      const request = await arrived
      socket[end]()
      await new Promise<void>((resolve) => request.once('close', resolve))
      await turn()
    }
    assert.deepEqual(readings, [BROKEN_OFF, BROKEN_OFF])
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': JSON_TYPE },
    })
    assert.deepEqual(await answer.json(), { fields: { a: 1 }, isForm: false })
  })

  test('F-03: of 10 MB is answered without keeping it, and the client may go on (T52)', async (t) => {
    const { port } = await bench(t)
    const socket = dial(t, port)
    socket.write(head(`Content-Type: ${JSON_TYPE}`, 'Transfer-Encoding: chunked'))
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (let kilobytes = 0; kilobytes < 10_240; kilobytes += 64) socket.write(chunk)
    socket.write('0\r\n\r\n')
    assert.deepEqual(await answerOf(socket), TOO_LARGE)
    const next = dial(t, port)
    next.write(`${head(`Content-Type: ${JSON_TYPE}`, 'Content-Length: 2')}{}`)
    assert.deepEqual(await answerOf(next), { fields: {}, isForm: false })
  })

  test('F-07: over HTTP/2, which need not tell that there is one, is read or refused all the same', async (t) => {
    const server = createHttp2Server(async (request, response) =>
      response.end(JSON.stringify(await read(request))),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const client = connectHttp2(`http://127.0.0.1:${address.port}`)
    t.after(() => {
      client.close()
      server.close()
    })
    const post = async (type: string, body: string) => {
      const stream = client.request({ ':method': 'POST', 'content-type': type })
      stream.end(body)
      return JSON.parse(Buffer.concat(await stream.toArray()).toString())
    }
    assert.deepEqual(await post(JSON_TYPE, '{"a":1}'), { fields: { a: 1 }, isForm: false })
    assert.deepEqual(await post('text/plain', '{"a":1}'), UNSUPPORTED)
    assert.deepEqual(await post('text/plain', ''), { fields: {}, isForm: false })
    assert.deepEqual(await post(JSON_TYPE, ' '.repeat(16_385)), TOO_LARGE)
  })
})

const FRAMEWORKS = [
  ['Express 5', express],
  ['Express 4', express4],
] as const

for (const [name, framework] of FRAMEWORKS) {
  suite(`the body of a request that ${name} has parsed before`, () => {
    const parsers = [
      framework.json({ strict: false }),
      framework.urlencoded({ extended: true }),
      framework.text(),
    ]

    async function start(t: TestContext, ...handlers: RequestHandler[]) {
      const app = framework()
      app.use(handlers.length > 0 ? handlers : parsers)
      app.post('/', async (request, response) => {
        response.json(await read(request))
      })
      const port = await serve(t, createServer(app))
      return async (type: string, body: string) => {
        const headers = { 'content-type': type }
        return (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body })).json()
      }
    }

    test('F-07: is taken from there, without a prototype', async (t) => {
      const post = await start(t)
      assert.deepEqual(await post(JSON_TYPE, '{"a":1,"b":{"c":[true]}}'), {
        fields: { a: 1, b: { c: [true] } },
        isForm: false,
      })
      assert.deepEqual(await post(FORM_TYPE, 'a=1&b='), { fields: { a: '1', b: '' }, isForm: true })
      assert.deepEqual(await post(JSON_TYPE, ''), { fields: {}, isForm: false })
    })

    test('F-07: is read as usual when it was left as bytes (T52)', async (t) => {
      const post = await start(t, framework.raw({ type: () => true }))
      assert.deepEqual(await post(JSON_TYPE, '{"a":1}'), { fields: { a: 1 }, isForm: false })
      assert.deepEqual(await post(JSON_TYPE, '{"a":1,"a":2}'), INVALID)
      assert.deepEqual(await post(FORM_TYPE, 'a=1'), { fields: { a: '1' }, isForm: true })
      assert.deepEqual(await post(JSON_TYPE, ' '.repeat(16_385)), TOO_LARGE)
    })

    test('F-07: keeps every rule that can still be kept (T49, T50, T52)', async (t) => {
      const post = await start(t)
      const wrong = [
        '[]',
        '[1]',
        '7',
        '"a"',
        '{"__proto__":{"a":1}}',
        '{"a":{"constructor":1}}',
        '{"a":"\\ud800"}',
      ]
      for (const text of [...wrong, `${'{"a":'.repeat(11)}1${'}'.repeat(11)}`]) {
        assert.deepEqual(await post(JSON_TYPE, text), INVALID, text)
      }
      for (const text of ['a=1&a=2', 'a[]=1', 'a[b]=1', 'a[0]=1'])
        assert.deepEqual(await post(FORM_TYPE, text), INVALID, text)
      assert.deepEqual(await post(JSON_TYPE, JSON.stringify({ a: 'x'.repeat(20_000) })), TOO_LARGE)
      assert.deepEqual(await post('text/plain', '{"a":1}'), UNSUPPORTED)
    })
  })
}

suite('the body of a request that somebody else has read', () => {
  async function consumed(body: unknown): Promise<BodyRequest> {
    const stream = new PassThrough()
    stream.end('{"a":1}')
    await stream.toArray()
    const headers = { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }
    return Object.assign(stream, { headers, body })
  }

  test('F-03: and kept to himself is refused, and not waited for', async () => {
    for (const body of [undefined, null, 'text', () => {}, 1n, 7, true]) {
      assert.deepEqual(await read(await consumed(body)), INVALID, String(body))
    }
  })

  test('F-03: is refused when it holds what no parser makes', async () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const hostile = {
      toJSON: () => {
        throw new Error('hostile')
      },
    }
    for (const body of [circle, { a: 1n }, hostile])
      assert.deepEqual(await read(await consumed(body)), INVALID)
  })

  test('F-07: may have 16 kB, whatever was made of it (T52)', async () => {
    const bytes = (count: number) => Buffer.from(`{"a":"${'x'.repeat(count - 8)}"}`)
    for (const parsed of [(body: Buffer) => body, (body: Buffer) => JSON.parse(body.toString())]) {
      assert.equal(Object.hasOwn(await read(await consumed(parsed(bytes(16_384)))), 'fields'), true)
      assert.deepEqual(await read(await consumed(parsed(bytes(16_385)))), TOO_LARGE)
    }
  })
})

suite('the body of a request whose stream', () => {
  const headers = { 'content-type': JSON_TYPE, 'transfer-encoding': 'chunked' }

  test('F-03: is gone is not waited for', async () => {
    const stream = new PassThrough()
    stream.destroy()
    await turn()
    assert.deepEqual(await read(Object.assign(stream, { headers })), BROKEN_OFF)
  })

  test('F-03: closes or fails half-way is refused', async () => {
    for (const error of [undefined, new Error('reset')]) {
      const stream = new PassThrough()
      const reading = read(Object.assign(stream, { headers }))
      stream.write('{')
      await turn()
      stream.destroy(error)
      assert.deepEqual(await reading, BROKEN_OFF)
    }
  })

  test('F-03: only tells of a failure is refused', async () => {
    const stream = new PassThrough()
    const reading = read(Object.assign(stream, { headers }))
    stream.emit('error', new Error('reset'))
    assert.deepEqual(await reading, BROKEN_OFF)
  })

  test('F-03: fails after the refusal harms nobody', async () => {
    const stream = new PassThrough()
    stream.write('x'.repeat(20_000))
    assert.deepEqual(await read(Object.assign(stream, { headers })), TOO_LARGE)
    stream.emit('error', new Error('reset'))
  })

  test('F-07: was paused is read all the same', async () => {
    const stream = new PassThrough()
    stream.pause()
    stream.end('{"a":1}')
    assert.deepEqual(await read(Object.assign(stream, { headers })), { fields: { a: 1 }, isForm: false })
  })
})
