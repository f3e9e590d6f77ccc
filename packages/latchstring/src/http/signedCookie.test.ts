import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { suite, test } from 'node:test'
import { CookieSigner } from './signedCookie.ts'

/** Made by cookie-signature 1.0, which express-session uses. */
const SIGNED = 's:hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI'

suite('a signed cookie', () => {
  test('is read and written as express-session does it', () => {
    const signer = new CookieSigner(['tobiiscool'])
    assert.equal(signer.sign('hello'), SIGNED)
    assert.equal(signer.verify(SIGNED), 'hello')
  })

  test('may be signed by any of the secrets, and is written with the first', () => {
    const rotated = new CookieSigner(['new', Buffer.from('tobiiscool')])
    assert.equal(rotated.verify(SIGNED), 'hello')
    assert.equal(new CookieSigner([createSecretKey(Buffer.from('new'))]).verify(rotated.sign('a.b')), 'a.b')
  })

  test('that was found good once makes no other one good', () => {
    const signer = new CookieSigner(['tobiiscool'])
    for (let times = 0; times < 3; times++) {
      assert.equal(signer.verify(SIGNED), 'hello')
      assert.equal(signer.verify(`${SIGNED}x`), null)
      assert.equal(signer.verify(SIGNED.replace('hello', 'hellp')), null)
    }
  })

  test('is nothing if another secret, another value or a cut signature comes with it', () => {
    const signer = new CookieSigner(['tobiiscool'])
    assert.equal(new CookieSigner(['other']).verify(SIGNED), null)
    const wrong = [
      SIGNED.replace('hello', 'hellp'),
      SIGNED.slice(0, -1),
      `${SIGNED}=`,
      SIGNED.slice(2),
      's:',
      's:.',
      '',
    ]
    for (const text of wrong) assert.equal(signer.verify(text), null, text)
  })
})
