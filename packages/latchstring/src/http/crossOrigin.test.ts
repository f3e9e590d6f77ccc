import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LatchstringError } from '../core/errors.ts'
import { isCrossOrigin, parseTrustedOrigins, type RequestOrigin } from './crossOrigin.ts'

const NOBODY = parseTrustedOrigins([])
const HOST = 'app.example'
const OWN = 'https://app.example'
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'PROPFIND', 'post', 'get', '']

/** A request of a program, unless something else is said. */
function request(changes: Partial<RequestOrigin>): RequestOrigin {
  return { method: 'POST', host: HOST, isSecure: true, origin: undefined, fetchSite: undefined, ...changes }
}

function isRefused(changes: Partial<RequestOrigin>, trusted = NOBODY): boolean {
  return isCrossOrigin(request(changes), trusted)
}

const LOOK_ALIKES = [
  'null',
  '',
  'http://app.example',
  'https://app.example:443',
  'https://app.example:8443',
  'https://app.example.',
  'https://app.example/',
  'https://APP.example',
  'HTTPS://app.example',
  'https://app.example.evil.example',
  'https://evilapp.example',
  'https://sub.app.example',
  'https://example',
  'https://user@app.example',
  'https://app.example@evil.example',
  'https://app.example#',
  'https://app.example?',
  'https://app.example\\.evil.example',
  'https://app.example\0',
  ' https://app.example',
  'https://app.example ',
  'https://app.example, https://app.example',
  'https://аpp.example',
  'https://app%2eexample',
  'https:app.example',
  '//app.example',
  'app.example',
  'file://',
  'wss://app.example',
  'chrome-extension://app.example',
]

suite('an unsafe request', () => {
  test('W-01: is decided by Sec-Fetch-Site before everything else', () => {
    for (const method of UNSAFE) {
      for (const origin of [undefined, OWN, 'null', 'https://evil.example']) {
        for (const fetchSite of ['same-origin', 'none'])
          assert.equal(isRefused({ method, origin, fetchSite }), false)
        for (const fetchSite of [
          'same-site',
          'cross-site',
          '',
          'Same-Origin',
          'nonsense',
          'same-origin, none',
        ]) {
          assert.equal(isRefused({ method, origin, fetchSite }), true, `${method} ${origin} ${fetchSite}`)
        }
      }
    }
  })

  test('W-01: without Sec-Fetch-Site needs the very origin of the server', () => {
    for (const method of UNSAFE) {
      assert.equal(isRefused({ method, origin: OWN }), false)
      assert.equal(isRefused({ method, origin: 'https://evil.example' }), true)
    }
  })

  test('W-01, W-06: with an origin that looks like ours is refused', () => {
    for (const origin of LOOK_ALIKES) assert.equal(isRefused({ origin }), true, origin)
  })

  test('W-01: with another scheme or port than the server has is refused', () => {
    assert.equal(isRefused({ origin: 'http://app.example', isSecure: false }), false)
    assert.equal(isRefused({ origin: 'https://app.example', isSecure: false }), true)
    assert.equal(
      isRefused({ origin: 'http://localhost:3000', host: 'localhost:3000', isSecure: false }),
      false,
    )
    assert.equal(
      isRefused({ origin: 'http://localhost:3001', host: 'localhost:3000', isSecure: false }),
      true,
    )
    assert.equal(isRefused({ origin: 'http://localhost', host: 'localhost:3000', isSecure: false }), true)
    assert.equal(isRefused({ origin: 'http://[::1]:3000', host: '[::1]:3000', isSecure: false }), false)
  })

  test('W-01: is compared with a Host header of any case', () => {
    assert.equal(isRefused({ origin: OWN, host: 'App.EXAMPLE' }), false)
  })

  test('W-01: without a Host header is only let through by what needs none', () => {
    assert.equal(isRefused({ origin: 'https://undefined', host: undefined }), true)
    assert.equal(isRefused({ origin: OWN, host: undefined }), true)
    assert.equal(isRefused({ origin: OWN, host: undefined, fetchSite: 'same-origin' }), false)
  })

  test('W-01: with neither header is of a program, and let through', () => {
    for (const method of UNSAFE) assert.equal(isRefused({ method }), false)
  })

  test('W-01: of a trusted origin is let through, whatever Sec-Fetch-Site says', () => {
    const trusted = parseTrustedOrigins(['https://accounts.example', 'http://localhost:5173'])
    for (const fetchSite of [undefined, 'same-site', 'cross-site']) {
      assert.equal(isRefused({ origin: 'https://accounts.example', fetchSite }, trusted), false)
      assert.equal(isRefused({ origin: 'http://localhost:5173', fetchSite }, trusted), false)
      assert.equal(isRefused({ origin: 'https://other.example', fetchSite }, trusted), true)
    }
  })

  test('W-01, W-06, T44: of an origin that looks like a trusted one is refused', () => {
    const trusted = parseTrustedOrigins([OWN])
    for (const origin of LOOK_ALIKES) {
      assert.equal(isRefused({ origin, host: 'api.example', fetchSite: 'cross-site' }, trusted), true, origin)
    }
  })
})

suite('a safe request', () => {
  test('W-05: is never refused, whoever sends it', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      for (const fetchSite of [undefined, 'cross-site', 'same-site', 'nonsense']) {
        for (const origin of [undefined, 'null', 'https://evil.example']) {
          assert.equal(isRefused({ method, fetchSite, origin }), false)
        }
      }
    }
  })
})

suite('the option trustedOrigins', () => {
  test('W-01: takes exact origins', () => {
    const origins = [
      'https://a.example',
      'http://localhost:3000',
      'https://a.example:8443',
      'http://[::1]:3000',
    ]
    assert.deepEqual([...parseTrustedOrigins(origins)], origins)
  })

  test('W-01: refuses everything that no browser sends as an Origin', () => {
    const wrong = [
      ...['*', 'https://*.example', 'https://', 'https://a.example/', 'https://a.example/path', 'null', ''],
      ...['a.example', '//a.example', 'https://a.example:443', 'http://a.example:80', 'HTTPS://a.example'],
      ...['https://A.example', 'https://user@a.example', 'https://a.example?x', 'https://a.example#x'],
      ...[
        'ftp://a.example',
        'file://',
        'javascript:1',
        ' https://a.example',
        'https://a.example ',
        'https:a.example',
      ],
      ...[
        'https://bücher.example',
        7,
        null,
        undefined,
        {},
        ['https://a.example'],
        /a/,
        new URL('https://a.example'),
      ],
    ]
    for (const origin of wrong) assertRefused(['https://good.example', origin])
  })

  test('W-01: refuses what is no list', () => {
    for (const origins of ['https://a.example', null, {}, new Set(['https://a.example']), 7])
      assertRefused(origins)
  })
})

function assertRefused(origins: unknown): void {
  assert.throws(
    () => parseTrustedOrigins(origins as string[]),
    (error) => error instanceof LatchstringError && /trustedOrigins takes an array/.test(error.message),
    String(origins),
  )
}
