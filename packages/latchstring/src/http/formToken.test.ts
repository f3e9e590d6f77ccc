import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { errorWith } from '../../test/support.ts'
import { systemRandom } from '../core/random.ts'
import { createToken, successorToken } from '../core/token.ts'
import { createFormToken, isFormToken } from './formToken.ts'

const SECRET = createToken(systemRandom)
const OTHER = createToken(systemRandom)

suite('a form token', () => {
  test('W-02: is good for the session that it was made for, each time', () => {
    const token = createFormToken(SECRET, systemRandom)
    assert.match(token, /^[A-Za-z0-9_-]{86}$/)
    assert.equal(isFormToken(SECRET, token), true)
    assert.equal(isFormToken(SECRET, token), true)
  })

  test('W-02: of one session is refused with another, also with its own successor', () => {
    const token = createFormToken(SECRET, systemRandom)
    assert.equal(isFormToken(OTHER, token), false)
    assert.equal(isFormToken(successorToken(SECRET, 'salt'), token), false)
    assert.equal(isFormToken(`${SECRET.slice(0, -1)}${SECRET.endsWith('A') ? 'E' : 'A'}`, token), false)
  })

  test('W-02: looks different in every response, and no part of it stays the same', () => {
    const tokens = Array.from({ length: 200 }, () => createFormToken(SECRET, systemRandom))
    assert.equal(new Set(tokens).size, tokens.length)
    for (let position = 0; position < 85; position++) {
      const characters = new Set(tokens.map((token) => token[position]))
      assert.ok(characters.size > 30, `position ${position}: ${characters.size}`)
    }
    assert.ok(tokens.every((token) => !token.includes(SECRET.slice(0, 8))))
  })

  test('W-02: with any one character changed is refused', () => {
    const token = createFormToken(SECRET, systemRandom)
    // The last one holds bits that encode nothing.
    for (let position = 0; position < 85; position++) {
      const changed = token[position] === 'A' ? 'B' : 'A'
      const forged = token.slice(0, position) + changed + token.slice(position + 1)
      assert.equal(isFormToken(SECRET, forged), false, String(position))
    }
  })

  test('W-02: that is none is refused and never throws (T50, T51)', () => {
    const token = createFormToken(SECRET, systemRandom)
    const wrong: unknown[] = [
      ...[
        '',
        SECRET,
        token.slice(1),
        `${token}A`,
        `${token}\n`,
        ` ${token}`,
        `${token.slice(1)}=`,
        `${token.slice(1)}\u{1f600}`,
      ],
      ...[
        `${token.slice(1)}+`,
        'A'.repeat(86),
        '_'.repeat(86),
        'A'.repeat(1e6),
        token.slice(0, 43).repeat(2),
      ],
      ...[
        null,
        undefined,
        7,
        true,
        {},
        [token],
        { toString: () => token, length: 86 },
        new String(token),
        Buffer.from(token),
      ],
    ]
    for (const text of wrong) assert.equal(isFormToken(SECRET, text), false, String(text).slice(0, 90))
    fc.assert(fc.property(fc.anything(), (text) => assert.equal(isFormToken(SECRET, text), false)))
  })

  test('W-02: is bound to nothing less than a token', () => {
    for (const secret of ['', 'secret', `${SECRET}x`]) {
      assert.throws(() => createFormToken(secret, systemRandom), errorWith('invalid_argument'))
      assert.equal(isFormToken(secret, createFormToken(SECRET, systemRandom)), false)
    }
  })

  test('W-02: made with an empty secret, as anybody could, is never good', () => {
    const digest = createHmac('sha256', '').update('latchstring form token 1').digest()
    const forged = Buffer.concat([Buffer.alloc(32), digest]).toString('base64url')
    assert.equal(isFormToken('', forged), false)
  })

  test('W-02: is not made with less chance than it takes', () => {
    assert.throws(
      () => createFormToken(SECRET, () => new Uint8Array(8)),
      errorWith('invalid_option', /returned 8 bytes/),
    )
  })
})
