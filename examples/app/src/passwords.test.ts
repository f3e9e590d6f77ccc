import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { QueueFullError } from './boundedQueue.ts'
import { createPasswords, passwordWeakness } from './passwords.ts'

const PASSWORD = 'correct horse battery staple'

suite('which passwords may be chosen (P-01, P-02, P-03)', () => {
  const isAllowed = (password: string) => passwordWeakness(password, []) === null

  test('15 characters are enough, 14 are not, however many bytes they take', () => {
    for (const character of ['a', 'é', '界', '🔑']) {
      assert.equal(isAllowed(character.repeat(15)), true)
      assert.equal(isAllowed(character.repeat(14)), false)
    }
  })

  test('a letter and its accent count as one character', () => {
    assert.equal(isAllowed('e\u0301'.repeat(14)), false)
    assert.equal(isAllowed('e\u0301'.repeat(15)), true)
  })

  test('1024 characters are allowed if they fit into 4096 bytes', () => {
    assert.equal(isAllowed('a'.repeat(1_024)), true)
    assert.equal(isAllowed('🔑'.repeat(1_024)), true)
    assert.equal(isAllowed('a'.repeat(1_025)), false)
    assert.equal(isAllowed('a'.repeat(4_097)), false)
  })

  test('half a character is refused', () => {
    assert.equal(isAllowed(`\ud800${'a'.repeat(20)}`), false)
  })

  test('spaces, NUL and a single repeated character are nobody’s business', () => {
    for (const password of [' '.repeat(15), `\0${'a'.repeat(14)}`, 'a'.repeat(15)]) {
      assert.equal(isAllowed(password), true)
    }
  })

  test('one’s own email address is refused as a whole, and allowed as a part', () => {
    const names = ['anna.berg@example.test', '']
    assert.match(passwordWeakness('Anna.Berg@example.test', names) ?? '', /other than your email/)
    assert.equal(passwordWeakness('anna.berg@example.test!', names), null)
  })
})

suite('stored passwords (P-04, P-05, P-07, P-09, R-01)', () => {
  const passwords = createPasswords()

  test('a hash is argon2id at the recommended cost, with a salt of its own', async () => {
    const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)])
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.notEqual(one, other)
  })

  test('only the whole password is accepted, unchanged', async () => {
    const long = 'x'.repeat(1_000)
    for (const password of [PASSWORD, `${long}end`, `before\0after the NUL`]) {
      const stored = await passwords.hash(password)
      assert.equal(await passwords.verify(password, stored), true)
      const wrong = [password.toUpperCase(), ` ${password}`, `${password} `, password.slice(0, -1)]
      for (const other of wrong) assert.equal(await passwords.verify(other, stored), false)
    }
  })

  test('two spellings of one character are one password, two similar characters are two', async () => {
    const composed = await passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9')
    assert.equal(await passwords.verify('cafe\u0301 cafe\u0301 cafe\u0301', composed), true)
    const ligature = await passwords.hash('\ufb01sh and chips, please')
    assert.equal(await passwords.verify('fish and chips, please', ligature), false)
  })

  test('nobody’s password is never right, and neither is one whose hash cannot be read', async () => {
    assert.equal(await passwords.verify(PASSWORD, null), false)
    assert.equal(await passwords.verify(PASSWORD, 'not a hash'), false)
  })

  test('a password that nobody can have is refused without a hash', async () => {
    const stored = await passwords.hash(PASSWORD)
    const closed = createPasswords({ parallel: 0, waiting: 0 })
    for (const impossible of ['a'.repeat(4_097), `\udc00${PASSWORD}`]) {
      assert.equal(await closed.verify(impossible, stored), false)
      assert.equal(await closed.verify(impossible, null), false)
    }
  })

  test('more logins than the queue takes are refused', async () => {
    const busy = createPasswords({ parallel: 1, waiting: 1 })
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => busy.verify(PASSWORD, null)))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.equal(refused.length, 1)
    assert.ok(refused[0]?.reason instanceof QueueFullError)
  })
})
