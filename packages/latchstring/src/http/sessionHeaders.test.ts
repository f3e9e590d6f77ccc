import assert from 'node:assert/strict'
import { OutgoingMessage } from 'node:http'
import { suite, test } from 'node:test'
import { addSessionHeaders, forbidStoring } from './sessionHeaders.ts'

const COOKIE = 'latchstring=x'

type Given = Readonly<Record<string, string | string[]>>

/** The headers of a response that had these when it was finished. */
function finished(given: Given, setCookie: string | null, isRead: boolean) {
  const response = new OutgoingMessage()
  for (const [name, value] of Object.entries(given)) response.setHeader(name, value)
  addSessionHeaders(response, setCookie === null ? [] : [setCookie], isRead)
  return { ...response.getHeaders() } as Record<string, unknown> & { vary?: unknown }
}

suite('the headers that a response owes to its session', () => {
  test('C-09: are none when it neither read the session nor sets a cookie', () => {
    assert.deepEqual(finished({}, null, false), {})
    const given = { 'cache-control': 'public, max-age=60', vary: 'Accept' }
    assert.deepEqual(finished(given, null, false), given)
  })

  test('C-09: keep caches away when the session was read', () => {
    assert.deepEqual(finished({}, null, true), { 'cache-control': 'no-store', vary: 'Cookie' })
  })

  test('C-09: keep caches away when a cookie is set', () => {
    for (const isRead of [true, false]) {
      assert.deepEqual(finished({}, COOKIE, isRead), {
        'set-cookie': [COOKIE],
        'cache-control': 'no-store',
        vary: 'Cookie',
      })
    }
  })

  test("C-09: leave the application's Cache-Control alone when the session was only read", () => {
    for (const value of ['public, max-age=60', 'private', 'no-cache', 'max-age=0', '']) {
      assert.equal(finished({ 'Cache-Control': value }, null, true)['cache-control'], value)
    }
  })

  test('C-09: never let a cache share a response that sets the cookie', () => {
    for (const value of [
      'public, max-age=60',
      's-maxage=1',
      'no-cache',
      'max-age=0',
      'must-revalidate',
      '',
    ]) {
      assert.equal(finished({ 'Cache-Control': value }, COOKIE, true)['cache-control'], 'no-store', value)
    }
    for (const value of ['private, max-age=60', 'no-store', 'PRIVATE', 'no-cache, No-Store']) {
      assert.equal(finished({ 'Cache-Control': value }, COOKIE, true)['cache-control'], value)
    }
  })

  test('C-09: a directive that only looks private does not count, and neither does a list that is public too', () => {
    for (const value of [
      'x-private',
      'privateer',
      'private="Set-Cookie", public',
      'ext="no-store"',
      'no-storefront',
    ]) {
      assert.equal(finished({ 'Cache-Control': value }, COOKIE, true)['cache-control'], 'no-store', value)
    }
    const list = ['public', 'max-age=60']
    assert.equal(finished({ 'Cache-Control': list }, COOKIE, true)['cache-control'], 'no-store')
  })

  test('C-09: add to the Vary of the application, and only once', () => {
    const cases: [given: string | string[], expected: string | string[]][] = [
      ['Accept-Encoding', 'Accept-Encoding, Cookie'],
      ['Accept, Accept-Encoding', 'Accept, Accept-Encoding, Cookie'],
      [['Accept', 'Origin'], 'Accept, Origin, Cookie'],
      ['Cookie', 'Cookie'],
      ['accept, COOKIE', 'accept, COOKIE'],
      ['*', '*'],
      ['', 'Cookie'],
      ['X-Cookie', 'X-Cookie, Cookie'],
    ]
    for (const [given, expected] of cases) {
      assert.deepEqual(finished({ Vary: given }, null, true).vary, expected)
    }
  })

  test("C-10: keep the application's own cookies", () => {
    assert.deepEqual(finished({ 'Set-Cookie': 'a=1' }, COOKIE, true)['set-cookie'], ['a=1', COOKIE])
    assert.deepEqual(finished({ 'Set-Cookie': ['a=1', 'b=2'] }, COOKIE, true)['set-cookie'], [
      'a=1',
      'b=2',
      COOKIE,
    ])
  })

  test('C-10: are not added to a list that the application uses for every response', () => {
    const shared = ['a=1']
    finished({ 'Set-Cookie': shared }, COOKIE, true)
    assert.deepEqual(finished({ 'Set-Cookie': shared }, 'latchstring=y', true)['set-cookie'], [
      'a=1',
      'latchstring=y',
    ])
    assert.deepEqual(shared, ['a=1'])
  })

  test('C-09: storing is forbidden early only where the application has not decided', () => {
    const response = new OutgoingMessage()
    forbidStoring(response)
    assert.equal(response.getHeader('Cache-Control'), 'no-store')
    response.setHeader('Cache-Control', 'private')
    forbidStoring(response)
    assert.equal(response.getHeader('Cache-Control'), 'private')
  })
})
