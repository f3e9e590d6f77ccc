import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { suite, type TestContext, test } from 'node:test'
import type { Store } from '../src/core/types.ts'
import {
  ask,
  cookieOf,
  type Got,
  type Handler,
  type Kind,
  ours,
  type Request,
  serve,
  settle,
  type TestAuth,
  testAuth,
  watchFailures,
} from './response-support.ts'

const KINDS: readonly Kind[] = ['node', 'express', 'express4', 'http2']
const USER = { id: 1, username: 'anna' }
const UNAVAILABLE = { message: 'Service unavailable, try again', code: 'unavailable' }
const INTERNAL = { message: 'Internal server error', code: 'internal_error' }

/** The ways in which a store fails at a write. */
const FAILURES: Readonly<Record<string, Store['write']>> = {
  rejects: () => Promise.reject(new Error('the disk is on fire')),
  'rejects with nothing': () => Promise.reject(undefined),
  hangs: () => new Promise(() => {}),
  'answers with garbage': () => Promise.resolve('OK' as never),
  'answers with nothing': () => undefined as never,
  throws: () => {
    throw new Error('the disk is on fire')
  },
}

type Note = (note: string) => void
type Answer = (response: Parameters<Handler>[1], note: Note) => unknown

const tell = (note: Note, what: string) => (error?: unknown) => note(`${what}: ${error instanceof Error}`)

function endless(note: Note): Readable {
  const source = new Readable({ read: () => void source.push('x'.repeat(1_000)) })
  source.on('close', () => note('closed'))
  return source
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  'end(callback)': (response, note) => response.end(tell(note, 'end')),
  'end(chunk, callback)': (response, note) => response.end('x', tell(note, 'end')),
  'end(chunk, encoding, callback)': (response, note) => response.end('x', 'utf8', tell(note, 'end')),
  'write and end': (response, note) => {
    response.write('a', tell(note, 'first'))
    response.write('b', 'utf8', tell(note, 'second'))
    response.end(tell(note, 'end'))
  },
  'writeHead and end': (response) => response.writeHead(200, { 'X-Own': '1' }).end('x'),
  flushHeaders: (response) => [response.flushHeaders(), response.end('x')],
  trailers: (response) => {
    response.setHeader('Trailer', 'X-Sum')
    response.write('a')
    response.addTrailers({ 'X-Sum': '1' })
    response.end()
  },
  'write, and more after it was replaced': async (response, note) => {
    response.write('a', tell(note, 'first'))
    await settle(20)
    response.write('b', tell(note, 'second'))
    response.flushHeaders()
    response.end('c', tell(note, 'end'))
  },
  'write, and more right after it was replaced': (response, note) => {
    response.write('a', () => {
      note(`told: ${response.writableFinished}`)
      response.write('b', tell(note, 'second'))
      response.flushHeaders()
      response.end('c', tell(note, 'end'))
    })
  },
  'writeHead after it was replaced': async (response, note) => {
    response.write('a')
    await settle(20)
    try {
      response.writeHead(200)
    } catch {
      note('refused')
    }
    response.end()
  },
  'a pipe that ends': (response) => Readable.from(['a', 'b', 'c']).pipe(response),
  'a pipeline that ends': async (response, note) => {
    await pipeline(Readable.from(['a', 'b']), response).then(
      () => note('done'),
      () => note('failed'),
    )
  },
  'an endless pipeline': async (response, note) => {
    await pipeline(endless(note), response).then(
      () => note('done'),
      () => note('failed'),
    )
  },
}

/** What those who wait are told. */
const NOTES: Readonly<Record<string, readonly string[]>> = {
  'end(callback)': ['end: true'],
  'end(chunk, callback)': ['end: true'],
  'end(chunk, encoding, callback)': ['end: true'],
  'write and end': ['first: true', 'second: true', 'end: true'],
  'write, and more after it was replaced': ['first: true', 'second: true', 'end: true'],
  'write, and more right after it was replaced': ['told: false', 'second: true', 'end: true'],
  'writeHead after it was replaced': ['refused'],
  'a pipeline that ends': ['done'],
  'an endless pipeline': ['closed', 'failed'],
}

function change(request: Request): void {
  request.session.visits = 1
}

function assertUnavailable(got: Got, code = 'unavailable'): void {
  assert.equal(got.status, 503)
  assert.equal(got.isComplete, true)
  assert.deepEqual(JSON.parse(got.body.toString()), { ...UNAVAILABLE, code })
  assert.deepEqual(got.setCookies, [])
  assert.deepEqual(got.headers, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(got.body.length),
    'cache-control': 'no-store',
    'retry-after': '1',
  })
}

for (const kind of KINDS) {
  suite(`a save that fails over ${kind}`, () => {
    for (const [how, write] of Object.entries(FAILURES)) {
      test(`C-10: a store that ${how} makes of the response a complete 503`, async (t) => {
        const failures = watchFailures(t)
        const { auth, store, warnings } = testAuth(t, { storeTimeout: 20 })
        store.replaced.write = write
        const { port } = await serve(t, kind, auth, (request, response) => {
          change(request)
          response.statusCode = 201
          if (kind !== 'http2') response.statusMessage = 'Made'
          response.setHeader('Set-Cookie', ['theme=dark', 'seen=1'])
          response.setHeader('ETag', '"1"')
          response.setHeader('Content-Type', 'text/html')
          response.setHeader('Content-Encoding', 'gzip')
          response.setHeader('Content-Length', '5')
          response.end('hello')
        })
        const got = await ask(kind, port)
        assertUnavailable(got)
        assert.equal(got.message, kind === 'http2' ? '' : 'Service Unavailable')
        assert.equal(warnings.length, 1)
        assert.deepEqual(failures, [])
      })
    }

    test('C-10: the replaced response keeps what lets a page of another origin read it', async (t) => {
      const { auth, store } = failing(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        change(request)
        response.setHeader('Access-Control-Allow-Origin', 'https://app.example')
        response.setHeader('Vary', 'Origin')
        response.setHeader('X-Own', '1')
        response.end('hello')
      })
      const got = await ask(kind, port)
      assert.equal(got.status, 503)
      assert.equal(got.headers['access-control-allow-origin'], 'https://app.example')
      assert.match(String(got.headers.vary), /^Origin/)
      assert.equal(got.headers['x-own'], undefined)
      assert.equal(store.calls.write, 1)
    })

    for (const [how, answer] of Object.entries(ANSWERS)) {
      test(`C-10: a response by ${how} is replaced, and everybody who waits for it is told`, async (t) => {
        const failures = watchFailures(t)
        const notes: string[] = []
        const { auth } = failing(t)
        const { port } = await serve(t, kind, auth, (request, response) => {
          change(request)
          return answer(response, (note) => notes.push(note))
        })
        assertUnavailable(await ask(kind, port))
        await settle(20)
        assert.deepEqual(notes, NOTES[how] ?? [])
        assert.deepEqual(failures, [])
      })
    }

    test('C-10: a HEAD request is told by the status alone', async (t) => {
      const { auth } = failing(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        change(request)
        response.end()
      })
      const got = await ask(kind, port, { method: 'HEAD' })
      assert.equal(got.status, 503)
      assert.equal(got.headers['retry-after'], '1')
      assert.equal(got.body.length, 0)
    })

    test('C-10: a connection goes on after a replaced response', async (t) => {
      const { auth, store } = failing(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        change(request)
        response.write('a')
        response.end('b')
      })
      assert.equal((await ask(kind, port)).status, 503)
      store.replaced.write = null
      assert.equal((await ask(kind, port)).status, 200)
    })

    test('C-10: a failure after the first byte breaks the response off', async (t) => {
      const failures = watchFailures(t)
      const { auth, store, warnings } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        change(request)
        if (request.url !== '/stream') return void response.end()
        response.write('half of it')
        await settle()
        request.session.visits = 2
        store.replaced.write = () => Promise.reject(new Error('down'))
        response.end('the rest')
      })
      const cookie = cookieOf(await ask(kind, port))
      const got = await ask(kind, port, { path: '/stream', headers: { cookie } })
      assert.equal(got.isComplete, false)
      assert.doesNotMatch(got.body.toString(), /the rest/)
      assert.equal(warnings.length, 1)
      assert.deepEqual(failures, [])
    })

    test('C-10: a save of the handler that failed fails its response, whether it waited or not', async (t) => {
      const { auth, store } = failing(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        change(request)
        await request.session.save().catch(() => {})
        store.replaced.write = null
        response.end('stored, so it says')
      })
      assertUnavailable(await ask(kind, port))
    })

    test('C-10: a save that failed and was tried again with success fails nothing', async (t) => {
      const { auth, store } = failing(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        change(request)
        await request.session.save().catch(() => {})
        store.replaced.write = null
        await request.session.save()
        response.end('stored')
      })
      const got = await ask(kind, port)
      assert.equal(got.body.toString(), 'stored')
      assert.equal(ours(got).length, 1)
    })

    test('C-10: a held call that Node refuses breaks the response off, and tells those after it', async (t) => {
      const failures = watchFailures(t)
      const notes: string[] = []
      const { auth } = testAuth(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        change(request)
        response.write('a')
        Reflect.apply(response.write, response, ['b', 'no encoding'])
        response.end(
          'c',
          tell((note) => notes.push(note), 'end'),
        )
      })
      const outcome = await ask(kind, port).then(
        (got) => got.isComplete,
        () => false,
      )
      assert.equal(outcome, false)
      await settle(20)
      assert.deepEqual(notes, ['end: true'])
      assert.deepEqual(failures, [])
    })

    test('C-10: a log that throws keeps nobody waiting', async (t) => {
      const failures = watchFailures(t)
      const { auth } = failing(t, {
        warn: () => {
          throw new Error('the log is full')
        },
      })
      const { port } = await serve(t, kind, auth, (request, response) => {
        change(request)
        response.end('hello')
      })
      assertUnavailable(await ask(kind, port))
      assert.deepEqual(failures, [])
    })

    test('F-01: a login that cannot be stored logs nobody in', async (t) => {
      const { auth, store } = failing(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        auth.generateSession(request, USER)
        response.end('welcome')
      })
      assertUnavailable(await ask(kind, port))
      assert.equal(await store.rows(), 0)
    })

    test('F-02: a log-out that cannot be stored is a 503 not_completed, and clears no cookie', async (t) => {
      const { auth, store } = testAuth(t)
      const { port } = await serve(t, kind, auth, (request, response) => {
        if (request.url === '/login') auth.generateSession(request, USER)
        if (request.url === '/logout') auth.endSession(request)
        response.end(String(request.session.userId))
      })
      const headers = { cookie: cookieOf(await ask(kind, port, { path: '/login' })) }
      store.replaced.remove = () => Promise.reject(new Error('down'))
      assertUnavailable(await ask(kind, port, { path: '/logout', headers }), 'not_completed')
      store.replaced.remove = null
      assert.equal((await ask(kind, port, { headers })).body.toString(), '1')
      const out = await ask(kind, port, { path: '/logout', headers })
      assert.equal(out.status, 200)
      assert.match(ours(out)[0] ?? '', /^latchstring=; .*Max-Age=0/)
      assert.equal((await ask(kind, port, { headers })).body.toString(), 'null')
    })

    for (const [what, value] of Object.entries(unstorable())) {
      test(`C-10: ${what} in the session is a 500 that names the key in one line of the log`, async (t) => {
        const failures = watchFailures(t)
        const { auth, store, warnings } = testAuth(t)
        const { port } = await serve(t, kind, auth, (request, response) => {
          change(request)
          request.session.box = value
          response.end('hello')
        })
        const got = await ask(kind, port)
        assert.equal(got.status, 500)
        assert.deepEqual(JSON.parse(got.body.toString()), INTERNAL)
        assert.deepEqual(got.setCookies, [])
        assert.equal(await store.rows(), 0)
        assert.equal(warnings.length, 1)
        assert.match(warnings[0] ?? '', /"box"/)
        assert.deepEqual(failures, [])
      })
    }
  })
}

function failing(t: TestContext, options: Parameters<typeof testAuth>[1] = {}): TestAuth {
  const made = testAuth(t, options)
  made.store.replaced.write = () => Promise.reject(new Error('down'))
  return made
}

function unstorable(): Record<string, unknown> {
  const cycle: { self?: unknown } = {}
  cycle.self = { cycle }
  return {
    'a BigInt': 1n,
    'a function': () => {},
    'a cycle': cycle,
    'a Map': new Map(),
    'a BigInt deep inside': { a: [{ b: 1n }] },
  }
}
