import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { CookieSigner } from '../../http/signedCookie.ts'
import { presentedTokens } from './presented.ts'

const signer = new CookieSigner(['secret'])
const other = new CookieSigner(['other'])

function tokensOf(cookie: string, cookies: object = {}): string[] {
  return presentedTokens({ headers: { cookie }, ...cookies }, 'sid', signer)
}

function encoded(token: string): string {
  return encodeURIComponent(signer.sign(token))
}

suite('the tokens that a request presents', () => {
  test('are those of every cookie with the name and a good signature, in their order, each once', () => {
    const bad = encodeURIComponent(other.sign('c'))
    const header = `x=1; sid=${encoded('a')}; sid=${bad};sid="${signer.sign('b')}"; sid=${encoded('a')}; sidx=${encoded('d')}`
    assert.deepEqual(tokensOf(header), ['a', 'b'])
  })

  test('are eight at most', () => {
    const header = Array.from({ length: 50 }, (_, index) => `sid=${encoded(`${index}`)}`).join('; ')
    assert.equal(tokensOf(header).length, 8)
  })

  test('come from cookie-parser when the header has none: of its signed cookies, then of the others', () => {
    const signed = { signedCookies: { sid: 'a' } }
    const plain = { cookies: { sid: signer.sign('b') } }
    assert.deepEqual(tokensOf('', { ...signed, ...plain }), ['a'])
    assert.deepEqual(tokensOf('', plain), ['b'])
    assert.deepEqual(tokensOf(`sid=${encoded('c')}`, { ...signed, ...plain }), ['c'])
    for (const sid of [{}, '', false, 's:x', other.sign('x')]) {
      assert.deepEqual(tokensOf('', { signedCookies: { sid: Object(sid) }, cookies: { sid } }), [])
    }
  })

  test('are none for anything else, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.deepEqual(tokensOf(`sid=${text}; ${text}`), [])
      }),
    )
  })
})
