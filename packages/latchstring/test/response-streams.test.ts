import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import compression from 'compression'
import express from 'express'
import {
  ask,
  type ControlledStore,
  express4,
  type Kind,
  listen,
  ours,
  type Request,
  serve,
  settle,
  testAuth,
} from './response-support.ts'

const MEGABYTE = 1_048_576
const KINDS: readonly Kind[] = ['node', 'express', 'express4', 'http2']

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A source of this many bytes in pieces of this size. */
function piecesOf(bytes: Buffer, size: number): Readable {
  let offset = 0
  return new Readable({
    read() {
      const piece = bytes.subarray(offset, offset + size)
      offset += piece.length
      this.push(piece.length === 0 ? null : piece)
    },
  })
}

async function* generated(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size)
}

/** Writes as it is told to: waits for `drain` whenever `write` says so. */
async function writeAll(
  response: ServerResponse,
  bytes: Buffer,
  size: number,
  results: boolean[],
): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    const goesOn = response.write(bytes.subarray(offset, offset + size))
    results.push(goesOn)
    if (!goesOn) await once(response, 'drain')
  }
  response.end()
}

type Sender = (response: ServerResponse, bytes: Buffer, size: number) => unknown

const SENDERS: Readonly<Record<string, Sender>> = {
  pipe: (response, bytes, size) => piecesOf(bytes, size).pipe(response),
  'pipeline of a stream': (response, bytes, size) => pipeline(piecesOf(bytes, size), response),
  'pipeline of a generator': (response, bytes, size) => pipeline(generated(bytes, size), response),
  'write and drain': (response, bytes, size) => writeAll(response, bytes, size, []),
}

const SIZES = [
  { name: '5 MB in pieces of 64 KB', length: 5 * MEGABYTE, size: 65_536 },
  { name: '1 MB in pieces of 1,000 bytes', length: MEGABYTE, size: 1_000 },
  { name: '200 bytes in pieces of 20', length: 200, size: 20 },
]

/** Releases the store once the response waits for it, and nothing else can happen. */
async function releaseLater(store: ControlledStore): Promise<void> {
  const held = store.hold()
  await held.reached
  await settle(10)
  held.release()
}

for (const kind of KINDS) {
  suite(`a stream over ${kind}`, () => {
    for (const [how, send] of Object.entries(SENDERS)) {
      for (const { name, length, size } of SIZES) {
        for (const isChanged of [false, true]) {
          test(`C-10: by ${how}, ${name}, ${isChanged ? 'held back' : 'not held'}, arrives whole`, async (t) => {
            const bytes = randomBytes(length)
            const { auth, store } = testAuth(t)
            const { port } = await serve(t, kind, auth, async (request, response) => {
              if (isChanged) request.session.visits = 1
              await send(response, bytes, size)
            })
            if (isChanged) void releaseLater(store)
            const got = await ask(kind, port)
            assert.equal(got.isComplete, true)
            assert.equal(hashOf(got.body), hashOf(bytes))
            assert.equal(ours(got).length, isChanged ? 1 : 0)
          })
        }
      }
    }
  })
}

suite('back-pressure', () => {
  test('C-10: a held response asks the writer to wait, and says when to go on', async (t) => {
    const bytes = randomBytes(MEGABYTE)
    const results: boolean[] = []
    const needs: boolean[] = []
    const { auth, store } = testAuth(t)
    const { port, sockets } = await serve(t, 'node', auth, async (request, response) => {
      request.session.visits = 1
      response.on('drain', () => needs.push(response.writableNeedDrain))
      await writeAll(response, bytes, 65_536, results)
    })
    const held = store.hold()
    const answer = ask('node', port)
    await held.reached
    await settle(20)
    assert.deepEqual(results, [false])
    assert.equal(sockets[0]?.bytesWritten, 0)
    held.release()
    assert.equal(hashOf((await answer).body), hashOf(bytes))
    assert.ok(results.length > 1)
    assert.ok(needs.length > 0 && !needs.includes(true), 'nobody is told to go on while Node is full')
  })

  test('C-10: a writer that was asked to wait goes on although Node would have taken more', async (t) => {
    const bytes = randomBytes(MEGABYTE)
    const { auth, store } = testAuth(t)
    const server = createServer({ highWaterMark: 2 * MEGABYTE }, (incoming, response) => {
      const req = incoming as Request
      auth.sessionMiddleware(req, response, () => {
        req.session.visits = 1
        void writeAll(response, bytes, 10_000, [])
      })
    })
    const { port } = await listen(t, server)
    void releaseLater(store)
    assert.equal(hashOf((await ask('node', port)).body), hashOf(bytes))
  })

  test('C-10: a slow reader slows the source down, and gets every byte', async (t) => {
    const bytes = randomBytes(20 * MEGABYTE)
    let given = 0
    const { auth, store } = testAuth(t)
    const { port } = await serve(t, 'node', auth, (request, response) => {
      request.session.visits = 1
      piecesOf(bytes, 65_536)
        .on('data', (piece) => {
          given += piece.length
        })
        .pipe(response)
    })
    void releaseLater(store)
    const socket = request(port)
    await once(socket, 'readable')
    await settle(200)
    assert.ok(given < bytes.length, 'the source waits for its reader')
    const text = await readAll(socket)
    assert.ok(text.includes(bytes.subarray(-100)))
    assert.equal(given, bytes.length)
  })
})

function request(port: number, head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.write(head)
  return socket
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks)
}

type Order = 'before' | 'after'
const TEXT = 'a line of text that compresses well\n'

const BODIES: Readonly<Record<string, (response: express.Response, text: string) => unknown>> = {
  'res.send': (response, text) => response.type('text').send(text),
  'res.json': (response, text) => response.json({ text }),
  'write and end': (response, text) => {
    response.type('text')
    response.write(text.slice(0, 10))
    response.write(text.slice(10))
    response.end()
  },
  pipe: (response, text) => piecesOf(Buffer.from(text), 1_000).pipe(response.type('text')),
  'pipe in one piece': (response, text) =>
    piecesOf(Buffer.from(text), text.length).pipe(response.type('text')),
  pipeline: (response, text) => pipeline(piecesOf(Buffer.from(text), 5_000), response.type('text')),
  'pipeline of a generator': (response, text) =>
    pipeline(generated(Buffer.from(text), 1_000), response.type('text')),
  sendFile: (response) => response.sendFile(import.meta.filename),
}

for (const [version, framework] of Object.entries({ 'Express 5': express, 'Express 4': express4 })) {
  for (const order of ['before', 'after'] satisfies Order[]) {
    suite(`compression mounted ${order} the session in ${version}`, () => {
      for (const [how, send] of Object.entries(BODIES)) {
        for (const lines of [1, 100, 10_000]) {
          for (const isChanged of [false, true]) {
            test(`C-10: ${how} of ${lines} lines, ${isChanged ? 'held back' : 'not held'}`, async (t) => {
              const text = TEXT.repeat(lines)
              const handler = (response: express.Response) => send(response, text)
              const { got, bare } = await compressed(t, framework, order, isChanged, handler)
              assert.equal(got.encoding, bare.encoding)
              assert.equal(got.text, bare.text)
              assert.equal(got.cookies, isChanged ? 1 : 0)
            })
          }
        }
      }
    })
  }
}

async function compressed(
  t: Parameters<typeof testAuth>[0],
  framework: typeof express,
  order: Order,
  isChanged: boolean,
  handler: (response: express.Response) => unknown,
) {
  const { auth, store } = testAuth(t)
  const change = (request: Request) => {
    if (isChanged) request.session.visits = 1
  }
  const withSession = framework()
  if (order === 'before') withSession.use(compression(), auth.sessionMiddleware)
  else withSession.use(auth.sessionMiddleware, compression())
  withSession.use((request, response) => {
    change(request as unknown as Request)
    return handler(response)
  })
  const without = framework()
    .use(compression())
    .use((_, response) => handler(response))
  if (isChanged) void releaseLater(store)
  return { got: await decoded(t, withSession), bare: await decoded(t, without) }
}

async function decoded(t: Parameters<typeof testAuth>[0], app: express.Express) {
  const { port } = await listen(t, createServer(app))
  const got = await ask('express', port, { headers: { 'Accept-Encoding': 'gzip' } })
  const encoding = got.headers['content-encoding']
  const body =
    encoding === 'gzip' ? gunzipSync(got.body) : encoding === 'br' ? brotliDecompressSync(got.body) : got.body
  return { encoding, text: body.toString(), cookies: ours(got).length }
}
