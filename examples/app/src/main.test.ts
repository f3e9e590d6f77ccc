import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ANNA, listen, PASSWORD } from './testing/app.ts'
import { startMailServer } from './testing/mailServer.ts'
import { Visitor } from './testing/visitor.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-app-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the program as `npm start` does, in a folder of its own. */
function run(t: TestContext, folder: string, environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=latchstring-source', MAIN], {
    cwd: folder,
    env: { PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

async function firstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  const [line] = await once(createInterface(child.stdout), 'line')
  return String(line)
}

async function started(child: ChildProcess): Promise<{ port: number; visitor: Visitor }> {
  const line = await firstLine(child)
  const [, port] = /^Server running on port (\d+)$/.exec(line) ?? []
  assert.ok(port, line)
  return { port: Number(port), visitor: new Visitor(`http://127.0.0.1:${port}`) }
}

async function outcome(child: ChildProcess): Promise<{ code: unknown; errors: string }> {
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [code] = await once(child, 'close')
  return { code, errors }
}

async function connection(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const SIGNUP_BODY = JSON.stringify(ANNA)
const HALF = 20

/** A request whose second half is not sent yet. The server has seen the first: it told us to continue. */
async function halfSentSignup(t: TestContext, port: number): Promise<Socket> {
  const socket = await connection(t, port)
  const head = [
    'POST /signup HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${SIGNUP_BODY.length}`,
    'Expect: 100-continue',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${SIGNUP_BODY.slice(0, HALF)}`)
  const [told] = await once(socket.setEncoding('utf8'), 'data')
  assert.match(String(told), /^HTTP\/1\.1 100 /)
  return socket
}

async function refusesConnections(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const isRefused = await once(socket, 'connect').then(
    () => false,
    () => true,
  )
  socket.destroy()
  if (!isRefused) await refusesConnections(port)
}

async function everythingFrom(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

suite('the program', { concurrency: true }, () => {
  test('says where it runs once it accepts, and keeps accounts and sessions over a restart', async (t) => {
    const folder = temporaryFolder(t)
    const first = run(t, folder)
    const { visitor } = await started(first)
    assert.equal((await visitor.post('/signup', ANNA)).status, 201)
    first.kill('SIGTERM')
    assert.deepEqual(await outcome(first), { code: 0, errors: '' })

    const second = await started(run(t, folder))
    const { cookies } = visitor
    const returning = new Visitor(`http://127.0.0.1:${second.port}`)
    assert.equal((await returning.get('/protected', { cookie: cookies })).status, 200)
    assert.equal((await returning.post('/login', { email: ANNA.email, password: PASSWORD })).status, 200)
  })

  test('reads a .env file, lets the environment win over it, and stops with one line if a value is wrong', async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, '.env'), 'PORT=not a port\nSIGNUP=closed\n')
    const { code, errors } = await outcome(run(t, folder))
    assert.equal(code, 1)
    assert.equal(errors, 'SIGNUP takes open or private\n')
  })

  test('stops with one line if there can be no database', async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'file'), 'this is no database, and no folder either'.repeat(100))
    const { code, errors } = await outcome(run(t, folder, { DATABASE_URL: 'sqlite:file' }))
    assert.equal(code, 1)
    assert.equal(errors, 'DATABASE_URL names a SQLite file that cannot be used: file is not a database\n')
  })

  test('makes a key for itself in development, once, which nobody else can read', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'data', 'latchstring.keys')
    const keys = []
    for (let starts = 0; starts < 2; starts++) {
      const child = run(t, folder)
      await started(child)
      child.kill('SIGTERM')
      assert.deepEqual(await outcome(child), { code: 0, errors: '' })
      keys.push(readFileSync(file, 'utf8'))
    }
    assert.match(keys[0] ?? '', /^[A-Za-z0-9_-]{43}\n$/)
    assert.equal(keys[0], keys[1])
    assert.equal(statSync(file).mode & 0o777, 0o600)

    writeFileSync(file, 'short')
    const { code, errors } = await outcome(run(t, folder))
    assert.equal(code, 1)
    assert.equal(
      errors,
      'LATCHSTRING_KEYS is not set, and data/latchstring.keys holds no keys: remove it, for new ones\n',
    )
  })

  test('sends the mails that wait before it ends', async (t) => {
    const mails = await startMailServer(t)
    const settings = { SMTP_URL: mails.url, MAIL_FROM: 'App <app@example.test>' }
    const child = run(t, temporaryFolder(t), settings)
    const { visitor } = await started(child)
    assert.equal((await visitor.post('/signup', ANNA)).status, 201)
    child.kill('SIGTERM')
    assert.deepEqual(await outcome(child), { code: 0, errors: '' })
    assert.equal(mails.received.length, 1)
    assert.match(mails.received[0] ?? '', /^From: App <app@example\.test>\r\nTo: anna@example\.test\r\n/m)
  })

  test('stops with one line if the port is taken', async (t) => {
    const other = createServer()
    const { port } = new URL(await listen(other))
    t.after(() => other.close())
    const { code, errors } = await outcome(run(t, temporaryFolder(t), { PORT: port }))
    assert.equal(code, 1)
    assert.equal(errors, `PORT ${port} is in use by another program: stop that, or set another PORT\n`)
  })

  test('lets a request in flight finish when it is told to stop, and waits for no idle connection (T91)', async (t) => {
    const child = run(t, temporaryFolder(t))
    const { port } = await started(child)
    const unused = await connection(t, port)
    const unusedEnd = once(unused.resume(), 'close')
    const slow = await halfSentSignup(t, port)

    const end = outcome(child)
    child.kill('SIGTERM')
    await unusedEnd
    await refusesConnections(port)
    slow.write(SIGNUP_BODY.slice(HALF))
    const answer = await everythingFrom(slow)
    assert.match(answer, /^HTTP\/1\.1 201 /)
    assert.match(answer, /\r\nConnection: close\r\n/)
    assert.match(answer, /"email":"anna@example\.test"/)
    assert.deepEqual(await end, { code: 0, errors: '' })
  })

  test('of two on one database one is told to stop under traffic: what it has answered stands, and the other serves on (T91)', async (t) => {
    const folder = temporaryFolder(t)
    const stopped = run(t, folder)
    const one = await started(stopped)
    const other = await started(run(t, folder))
    const taken: Visitor[] = []
    let refused = 0
    const signUpAtOne = async (_: unknown, index: number) => {
      const visitor = new Visitor(`http://127.0.0.1:${one.port}`)
      const person = { email: `person${index}@example.test`, password: PASSWORD }
      // Whoever comes too late finds nobody there.
      const status = await visitor.post('/signup', person).then(
        (answer) => answer.status,
        () => null,
      )
      if (status === null) return void refused++
      assert.equal(status, 201)
      if (taken.push(visitor) === 4) stopped.kill('SIGTERM')
    }
    const end = outcome(stopped)
    for (let round = 0; refused === 0; round++)
      await Promise.all(Array.from({ length: 4 }, (_, lane) => signUpAtOne(_, 4 * round + lane)))
    assert.deepEqual(await end, { code: 0, errors: '' })
    for (const { cookies } of taken)
      assert.equal((await other.visitor.get('/protected', { cookie: cookies })).status, 200)
    assert.equal((await other.visitor.post('/signup', ANNA)).status, 201)
  })

  test('a second signal does not wait for requests in flight', async (t) => {
    const child = run(t, temporaryFolder(t))
    const { port } = await started(child)
    const slow = await halfSentSignup(t, port)
    slow.on('error', () => {})
    const end = outcome(child)
    child.kill('SIGINT')
    await refusesConnections(port)
    assert.equal(child.exitCode, null)
    child.kill('SIGINT')
    assert.equal((await end).code, 1)
  })
})
