import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, constants, createServer } from 'node:http2'
import { suite, test } from 'node:test'
import { memoryStore } from '../src/stores/memory.ts'
import { Browser, json, send } from './http/client.ts'
import { startSite, testAuth } from './http/server.ts'
import { spyStore } from './support.ts'

const ELSEWHERE = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }

suite('requests that another site made a browser send', () => {
  test('W-01: are refused before the session is read, and change nothing', async (t) => {
    const store = spyStore(memoryStore())
    const { origin, events } = await startSite(t, { store })
    const browser = new Browser(origin)
    await browser.post('/login')
    store.calls.length = 0
    const refused = await browser.post('/logout', undefined, ELSEWHERE)
    assert.equal(refused.status, 403)
    assert.deepEqual(json(refused), { message: 'Cross-origin request refused', code: 'cross_origin' })
    assert.deepEqual(refused.headers['set-cookie'], undefined)
    assert.deepEqual(store.calls, [])
    assert.equal((await browser.get('/protected')).status, 200)
    assert.equal(events.filter(({ type }) => type === 'request.cross_origin').length, 1)
  })

  test('W-01: cannot log anybody in, with no cookie at hand either', async (t) => {
    const { origin } = await startSite(t)
    const reply = await send(origin, '/login', { method: 'POST', headers: ELSEWHERE, json: {} })
    assert.equal(reply.status, 403)
    assert.equal(reply.headers['set-cookie'], undefined)
  })

  test('W-01: pass from an origin that is trusted, to the letter', async (t) => {
    const { origin } = await startSite(t, { trustedOrigins: ['https://accounts.example'] })
    const statusFrom = async (from: string) => {
      const headers = { Origin: from, 'Sec-Fetch-Site': 'cross-site' }
      return (await send(origin, '/login', { method: 'POST', headers, json: {} })).status
    }
    assert.equal(await statusFrom('https://accounts.example'), 200)
    for (const other of [
      'http://accounts.example',
      'https://accounts.example:444',
      'https://a.accounts.example',
    ]) {
      assert.equal(await statusFrom(other), 403, other)
    }
  })

  test('are explained in one line, however many there are', async (t) => {
    const { origin, lines } = await startSite(t)
    for (let count = 0; count < 3; count++) {
      const headers = { Origin: `https://evil.example/${'x'.repeat(500)}`, 'Sec-Fetch-Site': 'cross-site' }
      await send(origin, '/login', { method: 'POST', headers })
    }
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /"https:\/\/evil\.example\/x+" made a browser send.*trustedOrigins/)
    assert.ok((lines[0] ?? '').length < 500)
  })

  test('are explained without an origin as well', async (t) => {
    const { origin, lines } = await startSite(t)
    await send(origin, '/login', { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-site' } })
    assert.match(lines[0] ?? '', /another site made a browser send/)
  })
})

test('W-01: over HTTP/2 the origin is compared with :authority', async (t) => {
  const { auth } = testAuth(t)
  const server = createServer((request, response) => {
    auth.sessionMiddleware(request, response, () => response.end('passed'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const origin = `http://127.0.0.1:${address.port}`
  const client = connect(origin)
  t.after(() => {
    client.close()
    server.close()
  })
  const statusFrom = async (from: string): Promise<unknown> => {
    const stream = client.request({ [constants.HTTP2_HEADER_METHOD]: 'POST', origin: from })
    const [headers] = await once(stream.end(), 'response')
    stream.resume()
    return headers[':status']
  }
  assert.equal(await statusFrom(origin), 200)
  assert.equal(await statusFrom('http://127.0.0.1:1'), 403)
})

suite('a log-out while the session cannot be read', () => {
  const down = () => Promise.reject(new Error('down'))

  test('F-02: is answered 503 although the handler did not wait, and leaves the cookie alone', async (t) => {
    const memory = memoryStore()
    let isDown = false
    const store = spyStore(memory, { read: (key) => (isDown ? down() : memory.read(key)) })
    const { origin } = await startSite(t, { store }, (app, auth) => {
      app.post('/careless', (req, res) => {
        try {
          auth.endSession(req)
        } catch {}
        res.json({ message: 'Logged out' })
      })
    })
    const browser = new Browser(origin)
    await browser.post('/login')
    isDown = true
    for (const path of ['/careless', '/logout']) {
      const reply = await browser.post(path)
      assert.equal(reply.status, 503, path)
      assert.equal(reply.headers['retry-after'], '1', path)
      assert.equal(reply.headers['set-cookie'], undefined, path)
    }
    isDown = false
    assert.equal((await browser.get('/protected')).status, 200)
  })
})
