import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import express from 'express'
import type { createAuth } from 'latchstring/express'
import { rawRequest } from '../src/testing/client.ts'
import {
  ask,
  askOn,
  cookieOf,
  type Handler,
  type Kind,
  listen,
  ours,
  type Request,
  serve,
  settle,
  testAuth,
  thrownBy,
  watchFailures,
} from './response-support.ts'

const KINDS: readonly Kind[] = ['node', 'express', 'express4', 'http2']
const USER = { id: 1, username: 'anna' }

function count(request: Request): void {
  request.session.visits = (request.session.visits ?? 0) + 1
}

function open(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  socket.on('error', () => {})
  socket.write(bytes)
  return socket
}

/** What a socket answers until a text has come. */
async function readUntil(socket: Socket, end: string): Promise<string> {
  let text = ''
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += piece
    if (text.includes(end)) break
  }
  return text
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const LAST_GET = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

suite('a connection', () => {
  test('C-10: serves a second request after a held response', async (t) => {
    const { auth, store } = testAuth(t)
    const { port } = await serve(t, 'node', auth, (request, response) => {
      count(request)
      response.end(`visit ${request.session.visits};`)
    })
    const held = store.hold()
    const socket = open(port, GET)
    await held.reached
    held.release()
    const first = await readUntil(socket, 'visit 1;')
    const [cookie] = /latchstring=[\w-]+/.exec(first) ?? []
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\n\r\n`)
    const second = await readUntil(socket, 'visit 2;')
    assert.match(second, /^HTTP\/1.1 200 OK\r\n/)
    assert.doesNotMatch(second, /Set-Cookie/i)
    socket.destroy()
  })

  test('C-10: answers pipelined requests in order, each with its own cookie', async (t) => {
    const { auth, store } = testAuth(t)
    const { port, sockets } = await serve(t, 'node', auth, (request, response) => {
      if (request.url !== '/plain') count(request)
      response.end(`${request.url} `)
    })
    const paths = ['/a', '/plain', '/b', '/last']
    const held = store.hold()
    const answer = rawRequest(
      port,
      paths.map((path) => (path === '/last' ? LAST_GET : GET.replace('/', path))).join(''),
    )
    await held.reached
    await settle(20)
    assert.equal(sockets[0]?.bytesWritten, 0)
    held.release()
    const text = await answer
    assert.deepEqual(text.match(/\/\w+ (?=HTTP|$)/g), ['/a ', '/plain ', '/b ', '/last '])
    assert.equal(new Set(text.match(/latchstring=[\w-]{43}/g)).size, 3)
  })

  test('C-10: of HTTP/1.0 is answered and closed', async (t) => {
    const { auth } = testAuth(t)
    const { port } = await serve(t, 'express', auth, (request, response) => {
      count(request)
      response.write('a')
      response.end('b')
    })
    const text = await rawRequest(port, 'GET / HTTP/1.0\r\n\r\n')
    assert.match(text, /^HTTP\/1.1 200 OK\r\n/)
    assert.match(text, /Set-Cookie: latchstring=/)
    assert.ok(text.endsWith('\r\n\r\nab'))
  })

  test('C-10: with Expect: 100-continue goes on, and then waits for the session', async (t) => {
    const { auth, store } = testAuth(t)
    const { port } = await serve(t, 'node', auth, async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      count(request)
      response.end(`got ${body}`)
    })
    const held = store.hold()
    const socket = open(
      port,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`,
    )
    assert.equal(await readUntil(socket, '\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hello')
    await held.reached
    held.release()
    assert.match(await readUntil(socket, 'got hello'), /Set-Cookie: latchstring=/)
    socket.destroy()
  })

  test('C-10: of HTTP/2 carries held and other streams side by side', async (t) => {
    const { auth, store } = testAuth(t)
    const { port } = await serve(t, 'http2', auth, (request, response) => {
      if (request.url !== '/plain') count(request)
      response.end(request.url)
    })
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    t.after(() => session.destroy())
    const held = store.hold()
    const slow = askOn(session, { path: '/slow' })
    await held.reached
    const plain = await askOn(session, { path: '/plain' })
    assert.equal(plain.body.toString(), '/plain')
    held.release()
    assert.equal(ours(await slow).length, 1)
  })
})

for (const kind of KINDS) {
  suite(`a client of ${kind} that goes away`, () => {
    test('C-10, T28: while its response is held: the session is stored all the same', async (t) => {
      const failures = watchFailures(t)
      const { auth, store, warnings } = testAuth(t)
      const { port, closed, leave } = await leaving(t, kind, auth, (request, response) => {
        count(request)
        response.write('a')
        response.end('b')
      })
      const held = store.hold()
      leave.connect(port)
      await held.reached
      leave.go()
      await closed()
      held.release()
      await settle(20)
      assert.equal(await store.rows(), 1)
      assert.deepEqual(warnings, [])
      assert.deepEqual(failures, [])
    })

    test('C-10: while its response is held and cannot be stored: nothing crashes', async (t) => {
      const failures = watchFailures(t)
      const { auth, store, warnings } = testAuth(t)
      const { port, closed, leave } = await leaving(t, kind, auth, (request, response) => {
        count(request)
        response.write('a')
        response.end('b')
      })
      const reached = Promise.withResolvers<void>()
      const answer = Promise.withResolvers<boolean>()
      store.replaced.write = () => {
        reached.resolve()
        return answer.promise
      }
      leave.connect(port)
      await reached.promise
      leave.go()
      await closed()
      answer.reject(new Error('down'))
      await settle(20)
      assert.equal(warnings.length, 1)
      assert.deepEqual(failures, [])
    })

    test('C-10, T28: in the middle of a stream: nothing crashes, later changes are stored', async (t) => {
      const failures = watchFailures(t)
      const { auth, store } = testAuth(t)
      const done = Promise.withResolvers<void>()
      const { port, closed, leave } = await leaving(t, kind, auth, async (request, response) => {
        count(request)
        response.write('a'.repeat(1000))
        await leave.gone
        await closed()
        count(request)
        response.write('b')
        response.end('c')
        await settle(20)
        done.resolve()
      })
      leave.connect(port)
      await leave.received
      leave.go()
      await done.promise
      assert.equal(store.calls.write, 2)
      assert.deepEqual(failures, [])
    })
  })
}

/** A client that disconnects when it is told to, and a server that tells when it has noticed. */
async function leaving(t: TestContext, kind: Kind, auth: ReturnType<typeof createAuth>, handler: Handler) {
  const noticed = Promise.withResolvers<void>()
  const received = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  let disconnect = () => {}
  const running = await serve(t, kind, auth, (request, response) => {
    const { stream } = response as unknown as { stream?: NodeJS.EventEmitter }
    const connection: NodeJS.EventEmitter = kind === 'http2' && stream ? stream : request.socket
    connection.once('close', () => noticed.resolve())
    return handler(request, response)
  })
  const connectTo = (port: number) => {
    if (kind !== 'http2') {
      const socket = open(port, GET)
      socket.once('data', () => received.resolve())
      disconnect = () => socket.destroy()
      return
    }
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    stream.once('data', () => received.resolve())
    disconnect = () => session.destroy()
  }
  const leave = {
    connect: connectTo,
    go: () => {
      disconnect()
      gone.resolve()
    },
    gone: gone.promise,
    received: received.promise,
  }
  return { ...running, leave, closed: () => noticed.promise }
}

for (const kind of KINDS) {
  suite(`a session change and the response of ${kind}`, () => {
    test('C-10: what is changed after the first byte is stored before the last', async (t) => {
      const { auth, store } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        count(request)
        response.write('first ')
        await settle()
        if (request.url === '/more') count(request)
        response.end('last')
      })
      const cookie = cookieOf(await ask(kind, port))
      const before = store.calls.write
      const got = await ask(kind, port, { path: '/more', headers: { cookie } })
      assert.equal(got.body.toString(), 'first last')
      assert.equal(store.calls.write, before + 2)
    })

    test('C-10: what is changed while the response is held goes along', async (t) => {
      const { auth, store } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        if (request.url === '/read') return void response.end(String(request.session.visits))
        count(request)
        response.write('a')
        await settle()
        request.session.visits = 7
        response.end('b')
      })
      const held = store.hold()
      const answer = ask(kind, port)
      await held.reached
      await settle(20)
      held.release()
      const cookie = cookieOf(await answer)
      const read = await ask(kind, port, { path: '/read', headers: { cookie } })
      assert.equal(read.body.toString(), '7')
    })

    test('C-10: a login while the response is held sets the cookie of the login', async (t) => {
      const { auth, store } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        if (request.url === '/read') return void response.end(String(request.session.userId))
        count(request)
        response.write('a')
        await settle()
        auth.generateSession(request, USER)
        response.end('b')
      })
      const held = store.hold()
      const answer = ask(kind, port)
      await held.reached
      await settle(20)
      held.release()
      const cookie = cookieOf(await answer)
      const read = await ask(kind, port, { path: '/read', headers: { cookie } })
      assert.equal(read.body.toString(), '1')
      assert.equal(await store.rows(), 1)
    })

    test('C-10: a login after the first byte is refused with response_started', async (t) => {
      const { auth } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        response.write('a')
        await settle()
        response.end(String(thrownBy(() => auth.generateSession(request, USER))))
      })
      const got = await ask(kind, port)
      assert.equal(got.body.toString(), 'aresponse_started')
      assert.deepEqual(ours(got), [])
    })

    test("C-10: a visitor's first key after the first byte is refused with response_started", async (t) => {
      const { auth, store } = testAuth(t)
      const { port } = await serve(t, kind, auth, async (request, response) => {
        response.write('a')
        await settle()
        const update = () => request.session.update('visits', () => 1)
        response.end(`${thrownBy(() => count(request))} ${thrownBy(update)}`)
      })
      const got = await ask(kind, port)
      assert.equal(got.body.toString(), 'aresponse_started response_started')
      assert.equal(await store.rows(), 0)
    })

    test('C-10: events are sent while the response is open, a late change is stored at its end', async (t) => {
      const { auth, store } = testAuth(t)
      const next = Promise.withResolvers<void>()
      const { port } = await serve(t, kind, auth, async (request, response) => {
        count(request)
        if (request.url !== '/events') return void response.end()
        response.setHeader('Content-Type', 'text/event-stream')
        response.flushHeaders()
        response.write('data: 1\n\n')
        await next.promise
        count(request)
        response.end('data: 2\n\n')
      })
      const cookie = cookieOf(await ask(kind, port))
      const events: string[] = []
      const done = await openEvents(t, kind, port, cookie, (event) => {
        events.push(event)
        next.resolve()
      })
      await done
      assert.equal(events[0], 'data: 1\n\n')
      assert.equal(events.join(''), 'data: 1\n\ndata: 2\n\n')
      assert.equal(store.calls.write, 3)
    })

    test('C-10: a value that never reads the same twice does not hold the response for ever', async (t) => {
      const { auth } = testAuth(t)
      let reading = 0
      const { port } = await serve(t, kind, auth, (request, response) => {
        request.session.box = { toJSON: () => reading++ }
        response.end('done')
      })
      assert.equal((await ask(kind, port)).body.toString(), 'done')
    })
  })
}

async function openEvents(
  t: TestContext,
  kind: Kind,
  port: number,
  cookie: string,
  onEvent: (event: string) => void,
): Promise<Promise<unknown>> {
  if (kind === 'http2') {
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    t.after(() => session.destroy())
    const stream = session.request({ ':path': '/events', cookie })
    stream.setEncoding('utf8').on('data', onEvent)
    return once(stream, 'end')
  }
  const response = await fetch(`http://127.0.0.1:${port}/events`, { headers: { cookie } })
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) onEvent(decoder.decode(piece))
  }
  return read()
}

suite('the session middleware', () => {
  test('C-10: twice in one application is as good as once', async (t) => {
    const { auth, store } = testAuth(t)
    const app = express().use(auth.sessionMiddleware, auth.sessionMiddleware)
    app.get('/', (request, response) => {
      request.session.visits = 1
      response.json(1)
    })
    const { port } = await listen(t, createServer(app))
    assert.equal(ours(await ask('express', port)).length, 1)
    assert.equal(store.calls.write, 1)
  })

  test('C-10: does nothing when next is called after the response', async (t) => {
    const failures = watchFailures(t)
    const { auth } = testAuth(t)
    const app = express().use(auth.sessionMiddleware)
    app.get('/', (request, response, next) => {
      request.session.visits = 1
      response.json(1)
      next()
    })
    app.use((_, response, next) => (response.headersSent ? undefined : next()))
    const { port } = await listen(t, createServer(app))
    assert.equal((await ask('express', port)).status, 200)
    assert.deepEqual(failures, [])
  })

  test('C-10: a redirect can be followed at once', async (t) => {
    const { auth } = testAuth(t)
    const app = express().use(auth.sessionMiddleware)
    app.post('/login', (request, response) => {
      auth.generateSession(request, USER)
      response.redirect('/')
    })
    app.get(
      '/',
      auth.authenticate,
      (request, response) => void response.send(`user ${request.session.userId}`),
    )
    const { port } = await listen(t, createServer(app))
    const login = await ask('express', port, { method: 'POST', path: '/login' })
    assert.equal(login.status, 302)
    const next = await ask('express', port, { headers: { cookie: cookieOf(login) } })
    assert.equal(next.body.toString(), 'user 1')
  })

  for (const who of ['Express', 'the application'] as const) {
    for (const how of ['thrown', 'rejected', 'passed on'] as const) {
      test(`C-10: an error ${how}, answered by ${who}, keeps the session changes made before it`, async (t) => {
        const { auth, store } = testAuth(t)
        const { port } = await listen(t, failing(auth.sessionMiddleware, who, how))
        const got = await ask('express', port)
        assert.equal(got.status, who === 'Express' ? 418 : 422)
        assert.equal(ours(got).length, 1)
        assert.equal(await store.rows(), 1)
      })
    }
  }
})

function failing(
  middleware: ReturnType<typeof createAuth>['sessionMiddleware'],
  who: 'Express' | 'the application',
  how: 'thrown' | 'rejected' | 'passed on',
): Server {
  const app = express().use(middleware).set('env', 'test')
  const error = Object.assign(new Error('teapot'), { status: 418 })
  app.get('/', (request, _, next) => {
    request.session.visits = 1
    if (how === 'passed on') return next(error)
    if (how === 'rejected') return Promise.reject(error)
    throw error
  })
  if (who === 'the application') {
    app.use((_: unknown, __: unknown, response: express.Response, ___: unknown) =>
      response.status(422).json({}),
    )
  }
  return createServer(app)
}
