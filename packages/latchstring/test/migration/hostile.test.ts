import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import session from 'express-session'
import { createAuth } from 'latchstring/express'
import { cookieSession, expressSession } from 'latchstring/migrate'
import { memoryStore } from 'latchstring/stores/memory'
import { CookieSigner } from '../../src/http/signedCookie.ts'
import { setCookiesOf } from '../http/client.ts'
import { errorWith, spyStore } from '../support.ts'
import { browserAt, OLD_COOKIE, oldBrowser, SECRET, startMoved } from './support.ts'

const ANN = { passport: { user: 'ann' } }

/** A site whose stores count what they are asked, and a cookie that is right. */
async function countingSite(t: Parameters<typeof startMoved>[0]) {
  const oldStore = new session.MemoryStore()
  const before = await oldBrowser(t, oldStore, ANN)
  let asked = 0
  const get: typeof oldStore.get = (sid, done) => {
    asked++
    oldStore.get(sid, done)
  }
  const store = spyStore(memoryStore())
  const destroy: typeof oldStore.destroy = (sid, done) => oldStore.destroy(sid, done)
  const site = await startMoved(t, oldStore, { store, from: { store: { get, destroy } } })
  const calls = () => asked + store.calls.length
  return { site, before, right: before.jar.get(OLD_COOKIE) ?? '', calls }
}

suite('a request without an old cookie that is right', () => {
  test('asks neither store, and is answered as a stranger', async (t) => {
    const { site, right, calls } = await countingSite(t)
    const [value = '', signature = ''] = right.split('.')
    const headers = [
      'other=1',
      'connect.sid=',
      `connect.sid`,
      `connect.sidx=${right}`,
      `xconnect.sid=${right}`,
      `Connect.Sid=${right}`,
      `connect.sid=${value}`,
      `connect.sid=${value}.`,
      `connect.sid=.${signature}`,
      `connect.sid=${right.slice(0, -1)}`,
      `connect.sid=${right}A`,
      `connect.sid=s:x.${signature}`,
      `connect.sid=s%3A`,
      `connect.sid=s:.`,
      `connect.sid=%`,
      `connect.sid=%E0%A4%A`,
      `connect.sid=${'s%3A'.repeat(1_500)}`,
      `connect.sid=j:{"a":1}`,
      `connect.sid=__proto__`,
      `connect.sid="${right}"`,
      Array.from({ length: 500 }, () => 'connect.sid=x').join('; '),
      `${Array.from({ length: 8 }, () => 'connect.sid=x').join('; ')}; connect.sid=${right}`,
      `connect.sid=${new CookieSigner(['']).sign('x')}`,
      `connect.sid=${new CookieSigner(['another']).sign('x')}`,
    ]
    for (const cookie of headers) {
      const reply = await browserAt(site.origin, { jar: new Map() }).get('/protected', { cookie })
      assert.deepEqual([reply.status, setCookiesOf(reply)], [401, []], cookie.slice(0, 60))
      assert.equal(calls(), 0, cookie.slice(0, 60))
    }
  })

  test('that has a second old cookie, also right, is nobody: one of them was planted', async (t) => {
    const { site, before, right, calls } = await countingSite(t)
    const other = encodeURIComponent(new CookieSigner([SECRET]).sign('of somebody else'))
    const cookie = `connect.sid=${other}; connect.sid=${right}`
    assert.equal((await before.copy().get('/', { cookie })).status, 404)
    const reply = await browserAt(site.origin, { jar: new Map() }).get('/protected', { cookie })
    assert.equal(reply.status, 401)
    assert.equal(calls(), 0)
  })

  test('is known although garbage of the same name, or the same cookie again, comes along', async (t) => {
    for (const make of [
      (right: string) => `connect.sid=x; connect.sid=${right}`,
      (right: string) => `connect.sid=${right}; connect.sid=${right}`,
    ]) {
      const { site, right } = await countingSite(t)
      const reply = await browserAt(site.origin, { jar: new Map() }).get('/protected', {
        cookie: make(right),
      })
      assert.equal(reply.status, 200)
    }
  })
})

suite('an old cookie that is right', () => {
  test('is nothing if its row is none', async (t) => {
    const { site: _, ...rest } = await countingSite(t)
    assert.ok(rest.right !== '')
    for (const row of ['text', 7, true, [], null, undefined, {}, { cookie: null }, { cookie: 'x' }]) {
      const store = { get: () => Promise.resolve(row), destroy: () => Promise.resolve() }
      const site = await startMoved(t, new session.MemoryStore(), { from: { store } })
      const reply = await browserAt(site.origin, rest.before).get('/protected')
      assert.deepEqual([reply.status, setCookiesOf(reply)], [401, []], JSON.stringify(row))
    }
  })

  test('moves nothing that has ended, or ends at a moment that is none', async (t) => {
    const { before } = await countingSite(t)
    for (const expires of [new Date(0), '2020-01-01', 'soon', 1, {}]) {
      const row = { ...ANN, cookie: { expires } }
      const store = { get: () => Promise.resolve(row), destroy: () => Promise.resolve() }
      const site = await startMoved(t, new session.MemoryStore(), { from: { store } })
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401, String(expires))
    }
  })

  test('carries no key into the prototype of anything', async (t) => {
    const { before } = await countingSite(t)
    const row = JSON.parse(
      '{"__proto__":{"isAdmin":true},"userId":1,"deep":{"__proto__":{"isAdmin":true}},"ok":1}',
    )
    const store = { get: () => Promise.resolve(row), destroy: () => Promise.resolve() }
    const site = await startMoved(t, new session.MemoryStore(), { from: { store } })
    const reply = await browserAt(site.origin, before).get('/session')
    assert.equal(reply.body, '{"userId":1,"data":{"ok":1}}')
  })

  test('cannot make a user of what no store could file', async (t) => {
    const { before } = await countingSite(t)
    for (const user of ['x'.repeat(256), 'latchstring/own', 'nul\0', '\ud800', Number.MAX_VALUE]) {
      const store = { get: () => Promise.resolve({ userId: user }), destroy: () => Promise.resolve() }
      const site = await startMoved(t, new session.MemoryStore(), { from: { store } })
      assert.equal((await browserAt(site.origin, before).get('/protected')).status, 401)
      assert.equal((await site.auth.migration?.stats())?.refused.unknown_user, 1)
    }
  })
})

suite('options that cannot work are refused by name:', () => {
  const store = new session.MemoryStore()
  const from = expressSession({ secret: SECRET, store })
  const until = new Date('2099-01-01')
  const wrong: [RegExp, object][] = [
    [/until/, { from }],
    [/until/, { from, until: '2099-01-01' }],
    [/until/, { from, until: new Date('never') }],
    [/from/, { until }],
    [/from/, { from: { secret: SECRET, store }, until }],
    [/dryRun/, { from, until, dryRun: 'yes' }],
    [/userOf/, { from, until, userOf: 'id' }],
    [/no option "untill"/, { from, until, untill: until }],
  ]
  for (const [message, migrate] of wrong) {
    test(`migrate: ${JSON.stringify(Object.keys(migrate))}, because of ${message.source}`, () => {
      const call = () => Reflect.apply(createAuth, null, [{ migrate }])
      assert.throws(call, errorWith('invalid_option', message))
    })
  }

  const wrongSources: [RegExp, () => unknown][] = [
    [/secret/, () => expressSession({ store, secret: '' })],
    [/secret/, () => expressSession({ store, secret: [] })],
    [/secret/, () => expressSession({ store, secret: ['right', ''] })],
    [/secret/, () => expressSession({ store, secret: new Uint8Array() })],
    [/secret/, () => Reflect.apply(expressSession, null, [{ store }])],
    [/store/, () => Reflect.apply(expressSession, null, [{ secret: SECRET }])],
    [/store/, () => Reflect.apply(expressSession, null, [{ secret: SECRET, store: memoryStore() }])],
    [/name/, () => expressSession({ store, secret: SECRET, name: 'a b' })],
    [/name/, () => expressSession({ store, secret: SECRET, name: '' })],
    [/rolling/, () => Reflect.apply(expressSession, null, [{ store, secret: SECRET, rolling: 1 }])],
    [/cookie/, () => expressSession({ store, secret: SECRET, cookie: { path: '/; Secure' } })],
    [
      /no option "maxAge"/,
      () => Reflect.apply(expressSession, null, [{ store, secret: SECRET, cookie: { maxAge: 1 } }]),
    ],
    [
      /no option "resave"/,
      () => Reflect.apply(expressSession, null, [{ store, secret: SECRET, resave: false }]),
    ],
    [/keys/, () => cookieSession({})],
    [/keys/, () => cookieSession({ keys: [] })],
    [/keys/, () => cookieSession({ secret: '' })],
  ]
  for (const [index, [message, make]] of wrongSources.entries()) {
    test(`source ${index + 1}, because of ${message.source}`, () => {
      assert.throws(make, errorWith('invalid_option', message))
    })
  }

  test('a window that is over is no error, but one line', (t) => {
    const lines: string[] = []
    const auth = createAuth({ migrate: { from, until: new Date(0) }, warn: (line) => void lines.push(line) })
    t.after(() => auth.close())
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /remove the option/)
  })
})
