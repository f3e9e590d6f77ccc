import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, Browser } from './http/client.ts'
import { startSite } from './http/server.ts'

test('S-18: a login over the limit is answered 403 without a cookie, whether the handler waits or not', async (t) => {
  const maxSessionsPerUser = { max: 1, policy: 'deny' } as const
  const { origin } = await startSite(t, { maxSessionsPerUser }, (app, auth) => {
    app.post('/careless', (req, res) => {
      auth.generateSession(req, { id: 'ann', username: 'Ann' })
      res.json({ message: 'Login successful' })
    })
  })
  await new Browser(origin).post('/careless')
  const second = new Browser(origin)
  const reply = await second.post('/careless')
  assert.deepEqual(answer(reply), [403, { message: 'Too many sessions', code: 'session_limit' }])
  assert.equal(reply.headers['set-cookie'], undefined)
  assert.equal((await second.post('/login')).status, 403)
})
