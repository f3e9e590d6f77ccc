import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { safeReturnPath } from './returnPath.ts'

const ACCEPTED: [string, string][] = [
  ['/', '/'],
  ['/account', '/account'],
  ['/account/', '/account/'],
  ['/account/sessions', '/account/sessions'],
  ['/search?q=a+b&page=2', '/search?q=a+b&page=2'],
  ['/search?next=https://evil.example', '/search?next=https://evil.example'],
  ['/search?q=%0A%2F%2F', '/search?q=%0A%2F%2F'],
  ['/page#part', '/page#part'],
  ['/a//b', '/a//b'],
  ['/@evil.example', '/@evil.example'],
  ['/evil.example', '/evil.example'],
  ['/javascript:alert(1)', '/javascript:alert(1)'],
  ['/https://evil.example', '/https://evil.example'],
  ['/caf\u00e9', '/caf%C3%A9'],
  ['/caf%C3%A9', '/caf%C3%A9'],
  ['/with space', '/with%20space'],
  ['/a/../b', '/b'],
  ['/a/./b', '/a/b'],
  ['/?', '/'],
]

const REFUSED: unknown[] = [
  '',
  'account',
  './account',
  '../account',
  '?q=1',
  '#part',
  ' /account',
  '\t/account',
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '//evil.example/account',
  '//evil.example@app.example',
  '//user:password@evil.example',
  '//127.1',
  '//[::1]',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/a\\b',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '/\r\nSet-Cookie: a=b',
  '/a\0b',
  '/a\u007fb',
  '/a\u0085b',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/a/../..//evil.example',
  '/%2e//evil.example',
  '/%2e%2e//evil.example',
  '/%2fevil.example',
  '/%5Cevil.example',
  '/%09/evil.example',
  '/%0d%0aSet-Cookie:a=b',
  '/a%00b',
  '/%ff',
  '/%zz',
  '%2f%2fevil.example',
  'http:evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https://evil.example',
  'https:\\\\evil.example',
  'HTTPS://evil.example',
  'http://app.invalid',
  'http://app.invalid@evil.example',
  'http://user@app.invalid/account',
  'javascript:alert(1)',
  'data:text/html,hello',
  'file:///etc/passwd',
  '@evil.example',
  'evil.example',
  `/${'a'.repeat(10_240)}`,
  ['/account'],
  ['/account', '//evil.example'],
  { 0: '/' },
  { toString: () => '/account' },
  42,
  true,
  null,
  undefined,
]

suite('where a login may lead back to', () => {
  for (const [given, path] of ACCEPTED) {
    test(`W-09: ${JSON.stringify(given)} leads to ${path}`, () => {
      assert.equal(safeReturnPath(given, '/fallback'), path)
    })
  }

  for (const given of REFUSED) {
    test(`W-09: ${JSON.stringify(given)?.slice(0, 60)} leads to the fallback (T45)`, () => {
      assert.equal(safeReturnPath(given, '/fallback'), '/fallback')
    })
  }

  test('W-09: whatever is accepted leads a browser nowhere else', () => {
    const origin = 'https://app.example.test'
    for (const given of [...ACCEPTED.map(([path]) => path), ...REFUSED]) {
      const target = new URL(safeReturnPath(given, '/fallback'), `${origin}/login`)
      assert.equal(target.origin, origin)
    }
  })
})
