import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import { isCommon } from './blocklist.ts'
import { BLOCKLIST } from './blocklistFilter.ts'
import { BloomFilter, bloomBytes } from './bloom.ts'

/** Always the same passwords, as random as SHA-256 makes them: 15 characters. */
function passwordNumber(n: number): string {
  return hash('sha256', `password ${n}`, 'base64url').slice(0, 15)
}

function countHits(count: number, isHit: (text: string) => boolean): number {
  let hits = 0
  for (let n = 0; n < count; n++) if (isHit(passwordNumber(n))) hits += 1
  return hits
}

suite('a common password', () => {
  test('is one of the list, in any case of letters (P-06)', async () => {
    for (const password of [
      'polniypizdec0211',
      'PasswordStandard',
      'trustno1',
      'ILOVEYOU',
      '1qaz2wsx3edc4rfv',
    ]) {
      assert.equal(await isCommon(password), true, password)
    }
  })

  test('is one that was made longer by repeating it, or by runs around it (P-06)', async () => {
    const passwords = ['PasswordPassword', 'Password1234567', '123456trustno1!!!', 'sunflower1234567']
    for (const password of passwords) assert.equal(await isCommon(password), true, password)
  })

  test('is one that is nothing but repetition and runs (P-06)', async () => {
    for (const password of ['aaaaaaaaaaaaaaa', '123456789012345', 'QWERTYUIOPASDFG', 'ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ']) {
      assert.equal(await isCommon(password), true, password)
    }
  })

  test('is not one that only holds a listed word (P-06)', async () => {
    const passwords = ['my password is a secret', 'correct horse battery staple', 'I, iloveyou, promise']
    for (const password of passwords) assert.equal(await isCommon(password), false, password)
  })
})

suite('the filter of common passwords', () => {
  const filter = new BloomFilter(Buffer.from(BLOCKLIST, 'base64'))

  test('takes fewer than 1 in 100,000 random passwords for a common one', () => {
    const hits = countHits(300_000, (text) => filter.has(text))
    assert.ok(hits <= 3, `${hits} hits in 300,000`)
  })

  test('takes no more of them together with the rules', async () => {
    const common = await Promise.all(Array.from({ length: 10_000 }, (_, n) => isCommon(passwordNumber(n))))
    assert.equal(common.filter(Boolean).length, 0)
  })

  test('is about 60 kB', () => {
    assert.ok(Buffer.byteLength(BLOCKLIST, 'base64') < 60_000)
  })
})

test('a Bloom filter forgets nothing that it holds', () => {
  const texts = new Set(Array.from({ length: 2_000 }, (_, n) => passwordNumber(n)))
  const filter = new BloomFilter(bloomBytes(texts))
  assert.ok([...texts].every((text) => filter.has(text)))
  assert.equal(
    countHits(4_000, (text) => filter.has(text)),
    2_000,
  )
})
