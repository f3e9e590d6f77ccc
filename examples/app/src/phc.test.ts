import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { suite, test } from 'node:test'
import { decodePhc, encodePhc } from './phc.ts'

const SALT = Buffer.from('0123456789abcdef')

suite('PHC', () => {
  test('a hash is written in the form that every argon2 library reads', () => {
    const cost = { memory: 64, passes: 2, parallelism: 1 }
    const tag = argon2Sync('argon2id', { message: 'password', nonce: SALT, tagLength: 32, ...cost })
    const text = encodePhc({ ...cost, salt: SALT, tag })
    assert.match(text, /^\$argon2id\$v=19\$m=64,t=2,p=1\$MDEyMzQ1Njc4OWFiY2RlZg\$[A-Za-z0-9+/]{43}$/)
  })

  test('what was written is read back unchanged', () => {
    const hash = { memory: 19_456, passes: 2, parallelism: 1, salt: SALT, tag: Buffer.alloc(32, 7) }
    assert.deepEqual(decodePhc(encodePhc(hash)), hash)
  })

  const good = `$argon2id$v=19$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$${'A'.repeat(43)}`
  const others = [
    '',
    good.replace('argon2id', 'argon2i'),
    good.replace('v=19', 'v=16'),
    good.replace('m=64', 'm=0'),
    good.replace('m=64', 'm=99999999'),
    good.replace('t=2', 't=100'),
    good.replace('A', '!'),
    `${good}=`,
    ` ${good}`,
    `${good}\n`,
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  ]
  for (const text of others) {
    test(`${JSON.stringify(text)} is no hash of ours`, () => assert.equal(decodePhc(text), null))
  }
})
