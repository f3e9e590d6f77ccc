import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))
const ANNA = { username: 'anna', password: 'correct horse battery staple' }

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Starts the program with a database in memory and tells its URL. */
async function start(t: TestContext): Promise<string> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--conditions=latchstring-source', SERVER], {
    env: { PORT: String(port), DATABASE: ':memory:' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line')
  assert.equal(line, `Server running on port ${port}`)
  return `http://127.0.0.1:${port}`
}

suite('the quickstart', () => {
  test('goes through sign-up, login, the protected page and log-out', async (t) => {
    const url = await start(t)
    const post = (path: string, body: object, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const answer = async (response: Response) => [response.status, await response.json()]

    assert.deepEqual(await answer(await fetch(`${url}/protected`)), [401, { message: 'Not authenticated' }])
    const short = await post('/signup', { ...ANNA, password: 'too short' })
    assert.equal(short.status, 400)
    assert.deepEqual(await answer(await post('/signup', ANNA)), [201, { message: 'Signed up' }])
    assert.equal((await post('/signup', ANNA)).status, 409)

    const invalid = [401, { message: 'Invalid credentials' }]
    assert.deepEqual(await answer(await post('/login', { ...ANNA, password: 'wrong' })), invalid)
    assert.deepEqual(await answer(await post('/login', { ...ANNA, username: 'nobody' })), invalid)
    assert.equal((await post('/login', { username: { $ne: 1 }, password: [] })).status, 400)

    const login = await post('/login', ANNA)
    const [cookie = ''] = login.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '')
    assert.deepEqual(await answer(login), [200, { message: 'Login successful' }])
    const inside = { message: 'You are authenticated!', userId: 1, username: 'anna' }
    assert.deepEqual(await answer(await fetch(`${url}/protected`, { headers: { cookie } })), [200, inside])

    assert.deepEqual(await answer(await post('/logout', {}, { cookie })), [200, { message: 'Logged out' }])
    assert.equal((await fetch(`${url}/protected`, { headers: { cookie } })).status, 401)
  })
})
