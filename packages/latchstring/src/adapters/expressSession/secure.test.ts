import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSecure, isUnder } from './secure.ts'

suite('the path of a cookie', () => {
  test('holds requests by whole segments', () => {
    const under = (path: string, originalUrl: string) => isUnder(path, { headers: {}, originalUrl })
    for (const url of ['/admin', '/admin/', '/admin/x', '/admin?x', 'http://example.com/admin/x']) {
      assert.equal(under('/admin', url), true, url)
    }
    for (const url of ['/', '/administrator', '/Admin', '*', 'http://example.com']) {
      assert.equal(under('/admin', url), false, url)
    }
    for (const url of ['/', '/x', '', '?x', 'http://example.com']) assert.equal(under('/', url), true, url)
    assert.equal(under('/admin/', '/admin/x'), true)
    assert.equal(isUnder('/a', { headers: {}, url: '/a/b' }), true)
    assert.equal(isUnder('/', { headers: {} }), true)
  })
})

suite('whether a request is secure', () => {
  const forwarded = { headers: { 'x-forwarded-proto': ' HTTPS , http' } }

  test('is what its socket says, then Express, and a proxy only when it is trusted', () => {
    assert.equal(isSecure({ headers: {}, socket: { encrypted: true } }, false), true)
    assert.equal(isSecure({ ...forwarded, secure: true }, false), false)
    assert.equal(isSecure({ headers: {}, secure: true }, undefined), true)
    assert.equal(isSecure({ headers: {}, secure: true }, true), false)
    assert.equal(isSecure(forwarded, true), true)
    assert.equal(isSecure(forwarded, undefined), false)
    assert.equal(isSecure({ headers: { 'x-forwarded-proto': 'http, https' } }, true), false)
  })
})
