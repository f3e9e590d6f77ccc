import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { passwordText } from './text.ts'

suite('the text of a password', () => {
  test('is one for all spellings of a character, and otherwise untouched (P-04, P-05)', () => {
    assert.equal(passwordText('cafe\u0301'), 'caf\u00e9')
    for (const text of ['', ' a ', 'A\0b', '\ufb01', 'a\n', '🔑']) assert.equal(passwordText(text), text)
  })

  test('has 4096 bytes at most, counted before it is normalised (P-02)', () => {
    assert.equal(passwordText('a'.repeat(4_096)), 'a'.repeat(4_096))
    assert.equal(passwordText('a'.repeat(4_097)), null)
    // 4,100 bytes that NFC would turn into 2,733.
    assert.equal(passwordText('e\u0301'.repeat(1_367)), null)
    assert.equal(passwordText('🔑'.repeat(1_024)), '🔑'.repeat(1_024))
  })

  test('never holds half a character (P-05)', () => {
    for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) assert.equal(passwordText(text), null)
  })

  test('comes from a string and nothing else (P-11)', () => {
    for (const value of [undefined, null, 7, true, ['a'], { $ne: 1 }, Buffer.from('a')]) {
      assert.equal(passwordText(value), null)
    }
  })
})
