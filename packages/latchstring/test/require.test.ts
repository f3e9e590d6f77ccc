import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import express from 'express'
import { createAuth, LatchstringError } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { Browser } from './http/client.ts'
import { listen } from './http/server.ts'

const required: {
  createAuth: typeof createAuth
  LatchstringError: typeof LatchstringError
  memoryStore: typeof memoryStore
} = createRequire(import.meta.url)('./fixtures/require.cjs')

test('require gives the same functions and classes as import', () => {
  assert.deepEqual(required, { createAuth, LatchstringError, memoryStore })
  assert.throws(() => required.createAuth({ idleTimeout: 0 }), LatchstringError)
})

test('what was required logs in', async (t) => {
  const auth = required.createAuth({ store: required.memoryStore() })
  t.after(() => auth.close())
  const app = express().use(auth.sessionMiddleware)
  app.post('/login', (req, res) => {
    auth.generateSession(req, { id: 1 })
    res.json({})
  })
  app.get('/protected', auth.authenticate, (_, res) => void res.json({}))
  const browser = new Browser(await listen(t, app))
  await browser.post('/login')
  assert.equal((await browser.get('/protected')).status, 200)
})

test('require works in a process of its own, without a warning', () => {
  const script = `console.log(typeof require('${import.meta.dirname}/fixtures/require.cjs').createAuth)`
  const argv = ['--conditions=latchstring-source', '--throw-deprecation', '--eval', script]
  const output = execFileSync(process.execPath, argv, { encoding: 'utf8', stdio: 'pipe' })
  assert.equal(output, 'function\n')
})
