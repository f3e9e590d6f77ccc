import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'

const store = memoryStore()

/** Options as a program without types may write them, and what the error has to say. */
const WRONG: readonly (readonly [options: object, message: RegExp])[] = [
  [{ stroe: store }, /"stroe".*store, accounts, idleTimeout/],
  [{ secret: 'keyboard cat' }, /"secret".*it takes store/],
  [{ store: {} }, /store takes a session store.*sqliteStore.*read\(\)/],
  [{ store: { ...store, read: () => null } }, /store takes.*no method write\(\)/],
  [{ store: 'app.db' }, /store takes/],
  [{ store: null }, /store takes/],
  [{ idleTimeout: 'soon' }, /idleTimeout takes milliseconds above 0, or a text such as 90s/],
  [{ idleTimeout: 0 }, /idleTimeout takes/],
  [{ idleTimeout: Number.NaN }, /idleTimeout takes/],
  [{ idleTimeout: '-1m' }, /idleTimeout takes/],
  [{ absoluteTimeout: '1w' }, /absoluteTimeout takes/],
  [{ rememberTimeout: '1.5d' }, /rememberTimeout takes/],
  [{ storeTimeout: 1.5 }, /storeTimeout takes/],
  [{ purgeEvery: {} }, /purgeEvery takes/],
  [{ renewal: {} }, /renewal\.every takes/],
  [{ renewal: { every: '1h', grace: '1m' } }, /renewal\.grace takes at most 30s/],
  [{ renewal: { every: '10s', grace: '10s' } }, /renewal\.every takes at least twice/],
  [{ credentialVersion: 3 }, /credentialVersion takes a function/],
  [{ revokedBefore: 0 }, /revokedBefore takes a function/],
  [{ onEvent: 'log' }, /onEvent takes a function/],
  [{ warn: true }, /warn takes a function/],
  [{ clock: 5 }, /clock takes a function/],
  [{ random: 5 }, /random takes a function/],
  [{ production: 'yes' }, /production takes true or false/],
  [{ cookie: { domain: 'example.com' } }, /"domain".*name, sameSite/],
  [{ cookie: { secure: false } }, /"secure".*name, sameSite/],
  [{ cookie: { httpOnly: false } }, /"httpOnly"/],
  [{ cookie: { sameSite: 'none' } }, /cookie\.sameSite takes 'lax' or 'strict'/],
  [{ cookie: { name: 'a b' } }, /cookie\.name takes/],
  [{ cookie: { name: 'a;b' } }, /cookie\.name takes/],
  [{ cookie: { name: '__Host-x' } }, /cookie\.name takes/],
  [{ cookie: { name: '' } }, /cookie\.name takes/],
  [{ loginPage: '//evil.example' }, /loginPage takes a path on this site, such as '\/login'/],
  [{ loginPage: '/\\evil.example' }, /loginPage takes/],
  [{ loginPage: 'https://evil.example' }, /loginPage takes/],
  [{ loginPage: 'login' }, /loginPage takes/],
  [{ loginPage: '/login?next=/' }, /loginPage takes/],
  [{ loginPage: '/login#top' }, /loginPage takes/],
  [{ loginPage: '/lo\r\ngin' }, /loginPage takes/],
  [{ loginPage: '/登录' }, /loginPage takes/],
  [{ loginPage: '' }, /loginPage takes/],
  [{ loginPage: 5 }, /loginPage takes/],
  [{ trustedOrigins: 'https://a.example' }, /trustedOrigins takes an array of exact origins/],
  [{ trustedOrigins: ['https://a.example/b'] }, /trustedOrigins takes/],
  [{ trustedOrigins: ['https://a.example/'] }, /trustedOrigins takes/],
  [{ trustedOrigins: ['a.example'] }, /trustedOrigins takes/],
  [{ trustedOrigins: ['null'] }, /trustedOrigins takes/],
  [{ trustedOrigins: [/a/] }, /trustedOrigins takes/],
]

suite('wrong options of createAuth', () => {
  for (const [options, message] of WRONG) {
    test(`${describe(options)} is refused with ${message}`, () => {
      const create = () => Reflect.apply(createAuth, null, [options])
      assert.throws(create, { name: 'LatchstringError', code: 'invalid_option', message })
    })
  }

  test('production needs a store, and the error shows one', () => {
    const message = /store is required in production.*sqliteStore\('app\.db'\)/
    assert.throws(() => createAuth({ production: true }), { code: 'invalid_option', message })
  })

  test('NODE_ENV=production counts as production unless the option says otherwise', (t) => {
    const { NODE_ENV } = process.env
    t.after(() => {
      if (NODE_ENV === undefined) Reflect.deleteProperty(process.env, 'NODE_ENV')
      else Object.assign(process.env, { NODE_ENV })
    })
    Object.assign(process.env, { NODE_ENV: 'production' })
    assert.throws(() => createAuth(), { code: 'invalid_option', message: /store is required/ })
    createAuth({ production: false }).close()
    createAuth({ store }).close()
  })
})

test('a wildcard is no exact origin', () => {
  assert.throws(() => createAuth({ trustedOrigins: ['https://*.example'] }), { code: 'invalid_option' })
})

test('every option may be left out, also as undefined', () => {
  createAuth().close()
  createAuth({}).close()
  Reflect.apply(createAuth, null, [
    { store: undefined, cookie: undefined, loginPage: undefined, trustedOrigins: undefined },
  ]).close()
})

test('the smallest and the largest of what an option takes is taken', () => {
  createAuth({
    store,
    idleTimeout: 1,
    absoluteTimeout: '400d',
    renewal: { every: '1m', grace: '30s' },
    cookie: { name: 'a', sameSite: 'strict' },
    loginPage: '/a/b-c_d.e',
    trustedOrigins: ['https://a.example', 'http://localhost:3000', 'https://a.example:8443'],
    production: true,
  }).close()
})

function describe(options: object): string {
  return JSON.stringify(options, (_, value) =>
    typeof value === 'function' || value instanceof RegExp ? String(value) : value,
  )
}
