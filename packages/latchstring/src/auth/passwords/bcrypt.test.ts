import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import bcrypt from 'bcryptjs'
import { errorWith } from '../../../test/support.ts'
import { bcryptOption, matchesBcrypt } from './bcrypt.ts'

/** From the test vectors of crypt_blowfish. */
const HASH = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

suite('a bcrypt hash', () => {
  test('is verified by the library that the application brings', async () => {
    assert.equal(await matchesBcrypt(bcrypt, 'U*U', HASH), true)
    assert.equal(await matchesBcrypt(bcrypt, 'U*V', HASH), false)
  })

  test('never matches by the first 72 bytes, nor with a NUL, after which bcrypt begins anew (P-04)', async () => {
    const long = 'x'.repeat(72)
    const stored = await bcrypt.hash(long, 4)
    assert.equal(await bcrypt.compare(`${long}!`, stored), true)
    assert.equal(await matchesBcrypt(bcrypt, long, stored), true)
    assert.equal(await matchesBcrypt(bcrypt, `${long}!`, stored), false)
    assert.equal(await matchesBcrypt(bcrypt, 'é'.repeat(37), await bcrypt.hash('é'.repeat(37), 4)), false)
    assert.equal(await bcrypt.compare('U*U\0U*U', HASH), true)
    assert.equal(await matchesBcrypt(bcrypt, 'U*U\0U*U', HASH), false)
  })

  test('is compared, with something else, also for a password that may not match (R-01)', async () => {
    const compared: string[] = []
    const spy = { compare: async (password: string) => compared.push(password) > 0 }
    assert.equal(await matchesBcrypt(spy, 'y'.repeat(73), HASH), false)
    assert.deepEqual(compared, ['placeholder'])
  })

  test('matches by true and nothing else (P-11)', async () => {
    const vague = { compare: async () => JSON.parse('"false"') }
    assert.equal(await matchesBcrypt(vague, 'U*U', HASH), false)
  })

  test('without a library is an error that says which one to bring', async () => {
    await assert.rejects(
      matchesBcrypt(null, 'U*U', HASH),
      errorWith('invalid_option', /npm install bcryptjs/),
    )
  })
})

test('the bcrypt option takes what has a compare', () => {
  assert.equal(bcryptOption(undefined), null)
  assert.equal(bcryptOption(bcrypt), bcrypt)
  for (const option of [null, true, 'bcryptjs', {}, { compare: 1 }]) {
    assert.throws(() => bcryptOption(option), errorWith('invalid_option', /passwords\.bcrypt takes/))
  }
})
