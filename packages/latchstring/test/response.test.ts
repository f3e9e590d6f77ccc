import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Ask,
  ask,
  type Got,
  type Handler,
  type Kind,
  others,
  ours,
  type Request,
  serve,
  settle,
  testAuth,
  thrownBy,
} from './response-support.ts'

/** A way to answer a request. What it notes must be the same with and without us. */
interface Style {
  readonly name: string
  readonly ask?: Ask
  /** Where the style exists; by default everywhere. */
  readonly kinds?: readonly Kind[]
  answer(response: ServerResponse, note: (entry: unknown) => void, request: Request): unknown
}

const EVERYWHERE: readonly Kind[] = ['node', 'express', 'express4', 'http2']
const HTTP1: readonly Kind[] = ['node', 'express', 'express4']
const FRAMEWORK: readonly Kind[] = ['express', 'express4']
const APP_COOKIES = ['theme=dark; Path=/', 'seen=1; Path=/']

const STYLES: readonly Style[] = [
  { name: 'end() alone', answer: (res) => res.end() },
  { name: 'end(text)', answer: (res) => res.end('hello') },
  { name: 'end(buffer)', answer: (res) => res.end(Buffer.from([0, 255, 10])) },
  { name: 'end(callback)', answer: (res, note) => res.end(() => note('ended')) },
  {
    name: 'end(chunk, encoding, callback)',
    answer: (res, note) => res.end('aGVsbG8=', 'base64', () => note('ended')),
  },
  { name: 'end(chunk, callback)', answer: (res, note) => res.end('hello', () => note('ended')) },
  { name: 'end(null)', answer: (res) => res.end(null) },
  { name: "end('')", answer: (res) => res.end('') },
  { name: 'end twice', answer: (res) => [res.end('hello'), res.end()] },
  {
    name: 'end twice with callbacks',
    answer: (res, note) => [res.end('hello', () => note('first')), res.end(() => note('second'))],
  },
  { name: 'end that a falsy value is given to', kinds: HTTP1, answer: (res) => endWith(res, [0]) },
  {
    name: 'end that a value of the wrong kind is given to',
    answer: (res, note) => {
      note(thrownBy(() => endWith(res, [5])))
      res.destroyed || res.end('after')
    },
    kinds: HTTP1,
  },
  { name: 'end that returns the response', answer: (res, note) => note(res.end('x') === res) },
  { name: 'write and end', answer: (res) => [res.write('a'), res.write('b'), res.end('c')] },
  {
    name: 'write with encodings and callbacks, which are called in order',
    answer: (res, note) => {
      res.write('aGVsbG8=', 'base64', () => note('first'))
      res.write('x', () => note('second'))
      res.end(() => note('end'))
    },
  },
  {
    name: 'write, a turn, write, a turn, end',
    answer: async (res) => {
      res.write('a')
      await nextTurn()
      res.write('b')
      await nextTurn()
      res.end('c')
    },
  },
  {
    name: 'write(null)',
    kinds: HTTP1,
    answer: (res, note) => [note(thrownBy(() => writeWith(res, [null]))), res.end('after')],
  },
  {
    name: 'write(5)',
    kinds: HTTP1,
    answer: (res, note) => [note(thrownBy(() => writeWith(res, [5]))), res.end('after')],
  },
  { name: 'statusCode and statusMessage', answer: (res) => withStatus(res, 201).end('made') },
  {
    name: 'statusCode assigned after end',
    answer: (res) => {
      res.end('made')
      res.statusCode = 500
    },
  },
  {
    name: 'setHeader after end',
    answer: (res, note) => {
      res.end('x')
      note(thrownBy(() => res.setHeader('X-Late', '1')))
      note(thrownBy(() => res.appendHeader('X-Late', '1')))
      note(thrownBy(() => res.removeHeader('X-Late')))
    },
    kinds: HTTP1,
  },
  {
    name: 'setHeaders after end',
    kinds: HTTP1,
    answer: (res, note) => [res.end('x'), note(thrownBy(() => res.setHeaders(new Map([['X-Late', '1']]))))],
  },
  {
    name: 'headersSent and writableEnded',
    answer: (res, note) => {
      note([res.headersSent, res.writableEnded])
      res.write('x')
      note([res.headersSent, res.writableEnded])
      res.end()
      note([res.headersSent, res.writableEnded])
    },
  },
  {
    name: 'writeHead with an object',
    answer: (res) => res.writeHead(201, { 'Content-Type': 'text/plain', 'X-A': ['1', '2'] }).end('x'),
  },
  {
    name: 'writeHead with an object over headers set before',
    answer: (res) => {
      res.setHeader('X-A', 'old')
      res.setHeader('X-B', 'kept')
      res.writeHead(200, { 'x-a': 'new' })
      res.end('x')
    },
  },
  {
    name: 'writeHead with a number as a value',
    answer: (res) => res.writeHead(200, { 'Content-Length': 5 }).end('hello'),
  },
  {
    name: 'writeHead with a flat list that repeats Set-Cookie',
    answer: (res) =>
      res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', '1', 'x-a', '2']).end('x'),
  },
  {
    name: 'writeHead with a flat list over headers set before',
    answer: (res) => {
      res.setHeader('X-A', 'old')
      res.appendHeader('Set-Cookie', 'c=3')
      res.writeHead(200, ['X-A', 'new', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'])
      res.end('x')
    },
  },
  {
    name: 'writeHead with a list of pairs',
    answer: (res) =>
      writeHeadWith(res, [
        200,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-A', '1'],
        ],
      ]).end('x'),
  },
  { name: 'writeHead without headers', answer: (res) => res.writeHead(202).end('x') },
  {
    name: 'writeHead with a text as status',
    kinds: HTTP1,
    answer: (res) => writeHeadWith(res, ['202']).end('x'),
  },
  { name: 'writeHead with a fraction', kinds: HTTP1, answer: (res) => writeHeadWith(res, [999.5]).end('x') },
  {
    name: 'writeHead with a status message',
    kinds: HTTP1,
    answer: (res) => res.writeHead(201, 'Very Fine', { 'X-A': '1' }).end('x'),
  },
  {
    name: 'writeHead with only a status message',
    kinds: HTTP1,
    answer: (res) => res.writeHead(201, 'Very Fine').end('x'),
  },
  {
    name: 'writeHead twice',
    kinds: HTTP1,
    answer: (res, note) => [res.writeHead(201), note(thrownBy(() => res.writeHead(202))), res.end('x')],
  },
  ...[1000, 42, 'abc', undefined, Number.NaN].map(
    (status): Style => ({
      name: `writeHead with the status ${status}`,
      kinds: HTTP1,
      answer: (res, note) => [
        note(thrownBy(() => writeHeadWith(res, [status]))),
        writeHeadWith(res, [200]).end('x'),
      ],
    }),
  ),
  {
    name: 'writeHead with a list of odd length',
    answer: (res, note) => [
      note(thrownBy(() => writeHeadWith(res, [200, ['X-A', '1', 'X-B']]))),
      res.end('x'),
    ],
    kinds: HTTP1,
  },
  {
    name: 'writeHead with an undefined value',
    kinds: HTTP1,
    answer: (res, note) => [note(thrownBy(() => res.writeHead(200, { 'X-A': undefined }))), res.end('x')],
  },
  {
    name: 'writeHead with a line break in a value',
    kinds: HTTP1,
    answer: (res, note) => [note(thrownBy(() => res.writeHead(200, { 'X-A': 'a\nb' }))), res.end('x')],
  },
  {
    name: 'writeHead with a line break in the status message',
    kinds: HTTP1,
    answer: (res, note) => [
      note(thrownBy(() => res.writeHead(200, 'a\nb'))),
      res.writeHead(200, 'Fine'),
      res.end('x'),
    ],
  },
  {
    name: 'flushHeaders, a turn, write, end',
    answer: async (res) => {
      res.flushHeaders()
      await nextTurn()
      res.write('a')
      res.end('b')
    },
  },
  { name: 'flushHeaders alone, then end()', answer: (res) => [res.flushHeaders(), res.end()] },
  {
    name: 'cork and uncork',
    answer: (res) => [res.cork(), res.write('a'), res.write('b'), res.uncork(), res.end()],
  },
  {
    name: 'a HEAD request',
    ask: { method: 'HEAD' },
    answer: (res) => [res.setHeader('Content-Length', 1000), res.end('not sent')],
  },
  {
    name: 'a HEAD request that is written to',
    ask: { method: 'HEAD' },
    kinds: HTTP1,
    answer: (res) => [res.write('a'), res.end('b')],
  },
  { name: 'a 204', answer: (res) => withStatus(res, 204).end() },
  { name: 'a 304', answer: (res) => [res.setHeader('ETag', '"1"'), withStatus(res, 304).end()] },
  {
    name: 'Content-Length set by the application',
    answer: (res) => [res.setHeader('Content-Length', 5), res.end('hello')],
  },
  {
    name: 'Content-Length set, body written in pieces',
    answer: (res) => [res.setHeader('Content-Length', 5), res.write('he'), res.write('llo'), res.end()],
  },
  {
    name: 'trailers',
    answer: (res) => {
      res.setHeader('Trailer', 'X-Sum')
      res.write('hello')
      res.addTrailers({ 'X-Sum': '42' })
      res.end()
    },
  },
  { name: 'an answer some turns later', answer: async (res) => [await settle(), res.end('late')] },
  {
    name: 'the events of the response',
    answer: (res, note) => {
      res.on('finish', () => note('finish'))
      res.end('x')
    },
  },
  {
    name: 'a write after the end',
    kinds: HTTP1,
    answer: (res, note) => {
      res.on('error', (error) =>
        note(
          thrownBy(() => {
            throw error
          }),
        ),
      )
      res.end('x')
      res.write('y')
    },
  },
  { name: 'res.json', kinds: FRAMEWORK, answer: (res) => express(res).json({ a: [1] }) },
  { name: 'res.send(text)', kinds: FRAMEWORK, answer: (res) => express(res).send('hello') },
  { name: 'res.send(buffer)', kinds: FRAMEWORK, answer: (res) => express(res).send(Buffer.from('hello')) },
  { name: 'res.sendStatus', kinds: FRAMEWORK, answer: (res) => express(res).sendStatus(403) },
  { name: 'res.redirect', kinds: FRAMEWORK, answer: (res) => express(res).redirect('/next') },
  { name: 'res.redirect(303)', kinds: FRAMEWORK, answer: (res) => express(res).redirect(303, '/next') },
  { name: 'res.status().end()', kinds: FRAMEWORK, answer: (res) => express(res).status(418).end() },
  { name: 'res.cookie', kinds: FRAMEWORK, answer: (res) => express(res).cookie('b', '2').send('x') },
  {
    name: 'res.jsonp',
    kinds: FRAMEWORK,
    ask: { path: '/?callback=f' },
    answer: (res) => express(res).jsonp({ a: 1 }),
  },
  {
    name: 'a fresh request, answered 304',
    kinds: FRAMEWORK,
    ask: { headers: { 'If-None-Match': 'W/"5-qvTGHdzF6KLavt4PO0gs2a6pQ00"' } },
    answer: (res) => express(res).send('hello'),
  },
  {
    name: 'res.json to a HEAD request',
    kinds: FRAMEWORK,
    ask: { method: 'HEAD' },
    answer: (res) => express(res).json({ a: 1 }),
  },
  { name: 'res.sendFile', kinds: FRAMEWORK, answer: (res) => express(res).sendFile(import.meta.filename) },
  {
    name: 'res.sendFile with a range',
    kinds: FRAMEWORK,
    ask: { headers: { Range: 'bytes=2-9' } },
    answer: (res) => express(res).sendFile(import.meta.filename),
  },
  {
    name: 'res.sendFile with a range that cannot be satisfied',
    kinds: FRAMEWORK,
    ask: { headers: { Range: 'bytes=99999999-' } },
    answer: (res) =>
      express(res).sendFile(import.meta.filename, (error) =>
        express(res)
          .status(416)
          .send(error && 'no'),
      ),
  },
  { name: 'res.download', kinds: FRAMEWORK, answer: (res) => express(res).download(import.meta.filename) },
  {
    name: 'res.format',
    kinds: FRAMEWORK,
    answer: (res) =>
      express(res).format({ json: () => express(res).json(1), html: () => express(res).send('<p>') }),
  },
]

function endWith(response: ServerResponse, args: readonly unknown[]): unknown {
  return Reflect.apply(response.end, response, args)
}

function writeWith(response: ServerResponse, args: readonly unknown[]): unknown {
  return Reflect.apply(response.write, response, args)
}

function writeHeadWith(response: ServerResponse, args: readonly unknown[]): ServerResponse {
  return Reflect.apply(response.writeHead, response, args)
}

function withStatus(response: ServerResponse, status: number): ServerResponse {
  response.statusCode = status
  return response
}

interface ExpressMethods extends ServerResponse {
  json(body: unknown): unknown
  jsonp(body: unknown): unknown
  send(body: unknown): unknown
  sendStatus(status: number): unknown
  redirect(status: number | string, path?: string): unknown
  status(status: number): ExpressMethods
  cookie(name: string, value: string): ExpressMethods
  sendFile(path: string, done?: (error?: Error) => void): unknown
  download(path: string): unknown
  format(formats: Record<string, () => unknown>): unknown
}

function express(response: ServerResponse): ExpressMethods {
  return response as ExpressMethods
}

interface Seen extends Got {
  readonly notes: readonly unknown[]
}

/** The answer of one style, and what the application saw meanwhile. */
async function answerOf(kind: Kind, port: number, style: Style, notes: readonly unknown[]): Promise<Seen> {
  const got = await ask(kind, port, style.ask)
  await settle()
  return { ...got, notes }
}

function handlerOf(style: Style, notes: unknown[], before: (request: Request) => void): Handler {
  return (request, response) => {
    before(request)
    // Node takes a list of pairs only where no header was set before.
    if (!style.name.includes('list of')) response.setHeader('Set-Cookie', APP_COOKIES)
    return style.answer(response, (entry) => notes.push(entry), request)
  }
}

for (const kind of EVERYWHERE) {
  suite(`a response of ${kind}`, () => {
    for (const style of STYLES) {
      if (!(style.kinds ?? EVERYWHERE).includes(kind)) continue

      test(`C-10, T28: by ${style.name} is what it would be without a session middleware`, async (t) => {
        const expectedNotes: unknown[] = []
        const bare = await serve(
          t,
          kind,
          null,
          handlerOf(style, expectedNotes, () => {}),
        )
        const expected = await answerOf(kind, bare.port, style, expectedNotes)

        const notes: unknown[] = []
        const { auth } = testAuth(t)
        const { port } = await serve(
          t,
          kind,
          auth,
          handlerOf(style, notes, () => {}),
        )
        assert.deepEqual(await answerOf(kind, port, style, notes), expected)
      })

      test(`C-10, T28: by ${style.name} waits for the changed session, and carries its cookie once`, async (t) => {
        const expectedNotes: unknown[] = []
        const bare = await serve(
          t,
          kind,
          null,
          handlerOf(style, expectedNotes, () => {}),
        )
        const expected = await answerOf(kind, bare.port, style, expectedNotes)

        const notes: unknown[] = []
        const { auth, store, warnings } = testAuth(t)
        const change = (request: Request) => {
          request.session.visits = 1
        }
        const { port, sockets } = await serve(t, kind, auth, handlerOf(style, notes, change))
        const held = store.hold()
        const answer = answerOf(kind, port, style, notes)
        await held.reached
        await settle(20)
        if (kind !== 'http2') assert.equal(sockets[0]?.bytesWritten, 0)
        held.release()

        const got = await answer
        assert.equal(ours(got).length, 1)
        assert.deepEqual({ ...withoutOurs(got) }, { ...withoutOurs(expected) })
        assert.equal(got.headers['cache-control'], 'no-store')
        assert.match(String(got.headers.vary), /Cookie/)
        assert.deepEqual(warnings, [])
      })
    }
  })
}

function withoutOurs(seen: Seen): Seen {
  const { 'cache-control': _, vary: __, ...headers } = seen.headers
  return { ...seen, headers, setCookies: others(seen) }
}
