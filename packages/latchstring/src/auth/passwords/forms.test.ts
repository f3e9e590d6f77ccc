import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formsOf, isTrivial } from './forms.ts'

suite('a trivial password', () => {
  test('is a short part over and over, also when it is cut at the end', () => {
    for (const text of [
      'aaaaaaaaaaaaaaa',
      '12121212121212121',
      'hunter2hunter2h',
      '🔑🔒🔑🔒🔑🔒🔑🔒',
      '        ',
    ]) {
      assert.equal(isTrivial(text), true, text)
    }
    assert.equal(isTrivial('battery-battery-'), false)
  })

  test('is nothing but runs: of one character, of the alphabet, of digits, of a keyboard, either way', () => {
    const texts = [
      ...['abcdefghijklmno', 'zyxwvutsrqponml', '123456789012345', '987654321098765', 'uvwxyzabcdefghi'],
      ...['qwertyuiopasdfg', 'qwertzuiopasdfg', 'azertyuiopqsdfg', '1qaz2wsx3edc4rfv', '1q2w3e4r5t6y7u8i'],
      ...['111222333444555', 'aaaaaaaabbbbbbb', 'abcd1234', '123456789hello123456789'],
    ]
    for (const text of texts) assert.equal(isTrivial(text), true, text)
  })

  test('is not one that has runs beside other things', () => {
    const texts = [
      ...['correct horse battery staple', 'were there trees?', 'abcdef my alphabet', 'a1b2cdef', 'x7abc9kq'],
      ...['aabbccddeeffgghh', '日本語で書いた長い合言葉です', '314159265358979'],
    ]
    for (const text of texts) assert.equal(isTrivial(text), false, text)
  })
})

suite('what a password was lengthened from', () => {
  test('is the part that it repeats', () => {
    assert.deepEqual(formsOf('passwordpassword'), ['passwordpassword', 'password'])
    assert.deepEqual(formsOf('sunshinesunshinesun'), ['sunshinesunshinesun', 'sunshine'])
    assert.deepEqual(formsOf('🔑a🔑b🔑a🔑b'), ['🔑a🔑b🔑a🔑b', '🔑a🔑b'])
  })

  test('is what has runs of three or more around it', () => {
    assert.deepEqual(formsOf('password1234567'), ['password1234567', 'password'])
    assert.ok(formsOf('123iloveyouabc!!!').includes('iloveyou'))
    assert.ok(formsOf('sunflower1234567').includes('sunflower'))
    assert.ok(formsOf('password12password12').includes('password12'))
  })

  test('is for other passwords nothing but themselves', () => {
    for (const text of ['correct horse battery staple', '1234567']) assert.deepEqual(formsOf(text), [text])
  })

  test('is one of 17 texts at most (P-02)', () => {
    const runs = ['aaa', 'bbb', 'ccc', 'ddd', 'eee']
    assert.equal(formsOf(['', ...runs, 'x', ...runs].join('')).length, 16)
    assert.equal(formsOf(['zz', ...runs, 'x', ...runs].join('').repeat(2)).length, 5)
  })
})

test('the longest passwords take no more work than others can bear (P-02)', () => {
  const texts = [`${'a'.repeat(1_022)}bc`, `${'a'.repeat(511)}b${'a'.repeat(512)}`, `${'ab'.repeat(511)}ac`]
  const before = process.cpuUsage()
  for (const text of texts) for (let round = 0; round < 10; round++) formsOf(text)
  const { user } = process.cpuUsage(before)
  assert.ok(user < 600_000, `${user} us for 30 passwords`)
})
