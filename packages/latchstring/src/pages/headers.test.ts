import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { PAGE_HEADERS, STYLESHEET_HEADERS, TOKEN_PAGE_HEADERS } from './headers.ts'

suite('the headers of a page', () => {
  test('W-07: let nothing run, load or frame it (T97)', () => {
    assert.deepEqual(PAGE_HEADERS, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    })
  })

  test('E-07: keep a mailed token out of every Referer', () => {
    assert.deepEqual(TOKEN_PAGE_HEADERS, { ...PAGE_HEADERS, 'Referrer-Policy': 'strict-origin' })
  })
})

test('the stylesheet is kept by browsers for good: another one has another name', () => {
  assert.equal(STYLESHEET_HEADERS['Cache-Control'], 'public, max-age=31536000, immutable')
  assert.equal(STYLESHEET_HEADERS['X-Content-Type-Options'], 'nosniff')
})
