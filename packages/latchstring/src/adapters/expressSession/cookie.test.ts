import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import real from 'express-session'
import fc from 'fast-check'
import { Session } from 'latchstring/express-session'
import { fakeClock } from '../../testing/clock.ts'
import { Cookie } from './cookie.ts'

/** What is used of the class of express-session, which its types do not show. */
type AnyCookie = Pick<Cookie, 'serialize' | 'toJSON' | 'maxAge' | 'originalMaxAge' | 'expires'>
const RealCookie: new (options?: object) => AnyCookie = Object(real).Cookie

const options = fc.record(
  {
    domain: fc.constantFrom('example.com', '.example.com', undefined),
    path: fc.constantFrom('/', '/admin', ''),
    httpOnly: fc.boolean(),
    secure: fc.boolean(),
    sameSite: fc.constantFrom(true, false, 'lax', 'strict', 'none', 'Lax'),
    priority: fc.constantFrom('low', 'medium', 'high', undefined),
    partitioned: fc.boolean(),
    expires: fc.constantFrom(null, new Date(0), new Date(1.9e12)),
  },
  { requiredKeys: [] },
)

suite('Cookie', () => {
  test('is written as express-session writes it, with Max-Age beside Expires', () => {
    fc.assert(
      fc.property(options, fc.string({ unit: 'grapheme' }), (given, value) => {
        const line = new Cookie(given).serialize('name', value)
        const expected = new RealCookie(given).serialize('name', value)
        assert.equal(line.replace(/; Max-Age=\d+/, ''), expected)
        assert.equal(/; Max-Age=/.test(line), /; Expires=/.test(line))
      }),
    )
  })

  test('refuses the names and attributes that express-session refuses', () => {
    const refused: [string, object][] = [
      ['na me', {}],
      ['name', { domain: 'a;b' }],
      ['name', { path: '/\n' }],
      ['name', { sameSite: 'other' }],
      ['name', { priority: 'other' }],
      ['name', { expires: 'soon' }],
      ['name', { expires: new Date(Number.NaN) }],
    ]
    for (const [name, given] of refused) {
      assert.throws(() => new RealCookie(given).serialize(name, 'x'), TypeError)
      assert.throws(() => new Cookie(given).serialize(name, 'x'), TypeError)
    }
    for (const Class of [RealCookie, Cookie]) {
      assert.throws(() => Reflect.construct(Class, ['text']), TypeError)
    }
  })

  test('counts down from its full length, and keeps it', () => {
    const clock = fakeClock()
    const cookie = new Cookie({ maxAge: 60_000 }, clock)
    clock.advance(10_000)
    assert.deepEqual([cookie.maxAge, cookie.originalMaxAge], [50_000, 60_000])
    cookie.maxAge = 5_000
    assert.deepEqual([cookie.maxAge, cookie.originalMaxAge], [5_000, 5_000])
    cookie.maxAge = null
    assert.deepEqual([cookie.maxAge, cookie.originalMaxAge, cookie.expires], [null, null, null])
    cookie.expires = new Date(clock() + 7_000)
    assert.deepEqual([cookie.maxAge, cookie.originalMaxAge], [7_000, 7_000])
  })

  test('takes no name that would make something else of it', () => {
    const cookie = new Cookie(
      JSON.parse('{"__proto__":{"x":1},"data":1,"serialize":2,"toJSON":3,"path":"/a"}'),
    )
    assert.deepEqual(cookie.data.path, '/a')
    assert.equal(cookie instanceof Cookie, true)
    assert.equal(typeof cookie.serialize, 'function')
  })

  test('and the sessions share prototypes that nobody can change', () => {
    for (const shared of [Cookie.prototype, Session.prototype]) {
      assert.equal(Object.isFrozen(shared), true)
      const inherited: object = Object.create(shared)
      assert.equal(Reflect.set(inherited, '__proto__', { x: 1 }) && 'x' in inherited, false)
      assert.equal(Reflect.get(inherited, '__proto__'), shared)
    }
  })
})
