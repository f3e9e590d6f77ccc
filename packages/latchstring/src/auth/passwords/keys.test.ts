import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { inspect } from 'node:util'
import { hash as hashElsewhere } from '@node-rs/argon2'
import { errorWith } from '../../../test/support.ts'
import { systemRandom } from '../../core/random.ts'
import { systemTimers } from '../../core/timers.ts'
import { PasswordKeys } from './keys.ts'
import { Passwords } from './passwords.ts'
import { readHash } from './phc.ts'

const PASSWORD = 'correct horse battery staple'
const [OLD, NEW] = ['the old key is long enough, I say', 'the new key is as long as the old']
const RIGHT = { matches: true, needsRehash: false }
const OUTDATED = { matches: true, needsRehash: true }
const WRONG = { matches: false, needsRehash: false }

function withKeys(...keys: readonly string[]): Passwords {
  const options = keys.length === 0 ? {} : { keys }
  return new Passwords({ random: systemRandom, timers: systemTimers, parallel: 2, ...options })
}

suite('a hash that was made with a key', () => {
  test('names the key, and holds nothing of it (P-07, F-04)', async () => {
    const text = await withKeys(OLD).hash(PASSWORD)
    assert.match(text, /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=[A-Za-z0-9+/]{8}\$[\w+/]{22}\$[\w+/]{43}$/)
    assert.ok(text.length <= 128)
    assert.notEqual(readHash(text), null)
    for (const form of [OLD, Buffer.from(OLD).toString('base64'), Buffer.from(OLD).toString('hex')])
      assert.equal(text.includes(form.slice(0, 8)), false)
  })

  test('matches the password with this key and with no other, nor without one (P-07)', async () => {
    const text = await withKeys(OLD).hash(PASSWORD)
    assert.deepEqual(await withKeys(OLD).verify(PASSWORD, text), RIGHT)
    assert.deepEqual(await withKeys(OLD).verify('wrong', text), WRONG)
    assert.deepEqual(await withKeys(NEW).verify(PASSWORD, text), WRONG)
    assert.deepEqual(await withKeys().verify(PASSWORD, text), WRONG)
    const unnamed = text.replace(/,keyid=[^$]+/, '')
    assert.deepEqual(await withKeys(OLD).verify(PASSWORD, unnamed), WRONG)
  })

  test('is the one that another argon2 library makes with this secret (P-07)', async () => {
    const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
    const elsewhere = await hashElsewhere(PASSWORD, { ...cost, secret: Buffer.from(OLD) })
    const keyId = new PasswordKeys([OLD]).newestId
    const text = elsewhere.replace('p=1$', `p=1,keyid=${keyId}$`)
    assert.deepEqual(await withKeys(OLD).verify(PASSWORD, text), RIGHT)
  })

  test('is to be replaced when there is a newer key, and so is one without a key (P-08)', async () => {
    const both = withKeys(NEW, OLD)
    assert.deepEqual(await both.verify(PASSWORD, await withKeys(OLD).hash(PASSWORD)), OUTDATED)
    assert.deepEqual(await both.verify(PASSWORD, await withKeys().hash(PASSWORD)), OUTDATED)
    assert.deepEqual(await both.verify(PASSWORD, await both.hash(PASSWORD)), RIGHT)
    assert.deepEqual(await withKeys(NEW).verify(PASSWORD, await both.hash(PASSWORD)), RIGHT)
  })
})

test('nothing that shows passwords shows their keys (F-04)', () => {
  const passwords = withKeys(NEW, OLD)
  for (const shown of [inspect(passwords, { depth: 9, showHidden: true }), JSON.stringify(passwords)])
    assert.doesNotMatch(shown, /the (?:old|new) key/)
})

test('what are no keys is refused when the application starts, and not repeated (P-07, F-04)', () => {
  const wrong: unknown[] = [
    ...[[], OLD, {}, null, 7, [OLD.slice(0, 31)], [OLD, 'short'], [OLD, OLD], [Buffer.from(OLD)], [[OLD]]],
  ]
  for (const keys of wrong) {
    assert.throws(
      () => new PasswordKeys(keys),
      errorWith('invalid_option', /^(?!.*the old key).*32 bytes or more, the newest first$/),
    )
  }
  assert.equal(new PasswordKeys(['é'.repeat(16)]).newestId?.length, 8)
})
