import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, errorWith, prepareLogin } from '../../test/support.ts'
import { systemRandom } from './random.ts'
import { createSessionId, createToken, isToken, successorToken, tokenKey } from './token.ts'

test('S-01, T24: 100,000 tokens are distinct, 43 characters of base64url, and even at every position', () => {
  const tokens = Array.from({ length: 100_000 }, () => createToken(systemRandom))
  assert.equal(new Set(tokens).size, tokens.length)
  assert.ok(tokens.every((token) => /^[A-Za-z0-9_-]{43}$/.test(token)))
  for (let position = 0; position < 42; position++) {
    const statistic = chiSquare(tokens.map((token) => token[position] ?? ''))
    assert.ok(statistic < 140, `position ${position}: ${statistic}`)
  }
})

/** Against 64 equally likely characters; 140 is passed by chance less than once in ten million times. */
function chiSquare(characters: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1)
  const expected = characters.length / 64
  return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

test('S-01: a random source that fails makes the login fail and stores nothing', async () => {
  const node = createNode({
    random: () => {
      throw new Error('no entropy')
    },
  })
  assert.throws(() => prepareLogin(node), /no entropy/)
  assert.deepEqual(await node.sessions.list('ann'), [])
})

test('S-01: a random source that returns too few bytes is refused', () => {
  assert.throws(() => createToken(() => new Uint8Array(16)), errorWith('invalid_option', /returned 16 bytes/))
})

test('S-05: a session id cannot be taken for a token', () => {
  assert.equal(isToken(createSessionId(systemRandom)), false)
})

test('C-08: only 43 characters of base64url can be a token', () => {
  const token = createToken(systemRandom)
  assert.equal(isToken(token), true)
  for (const text of [
    '',
    token.slice(1),
    `${token}A`,
    `${token.slice(1)}=`,
    `${token.slice(1)}\n`,
    `${token}\n`,
  ]) {
    assert.equal(isToken(text), false, JSON.stringify(text))
  }
})

test('S-02: the store key is the SHA-256 of the token', () => {
  assert.equal(tokenKey('A'.repeat(43)), 'DwBzhbb51LfusnSGBa_hqYSgo7-j8BTQnip4TOnlzRo')
})

test('S-17: a successor needs both the token and the salt, and is always the same', () => {
  const next = successorToken('token', 'salt')
  assert.equal(next, successorToken('token', 'salt'))
  assert.equal(isToken(next), true)
  assert.equal(new Set([next, successorToken('token', 'other'), successorToken('other', 'salt')]).size, 3)
})
