import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hash, verify } from '@node-rs/argon2'
import { argon2idTag, matchesTag } from './derive.ts'
import { encodeArgon2id, readHash } from './phc.ts'

async function matches(password: string, text: string): Promise<boolean> {
  const stored = readHash(text)
  assert.ok(stored !== null && stored.kind !== 'bcrypt', text)
  return matchesTag(password, stored)
}

async function assertOnly(password: string, text: string): Promise<void> {
  assert.equal(await matches(password, text), true, text)
  for (const other of [`${password} `, password.slice(0, -1), ''])
    assert.equal(await matches(other, text), false)
}

const CHEAP = { memory: 64, passes: 2, parallelism: 1 }

suite('a hash from elsewhere', () => {
  test('of another argon2 library is verified (P-07)', async () => {
    for (const parallelism of [1, 4]) {
      const text = await hash('pässword', { memoryCost: 256, timeCost: 3, parallelism, outputLen: 24 })
      await assertOnly('pässword', text)
    }
  })

  test('of scrypt is verified: RFC 7914, and passlib', async () => {
    const rfc7914 =
      '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$' +
      'cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw'
    await assertOnly('pleaseletmein', rfc7914)
    const passlib = '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'
    await assertOnly('password', passlib)
    const severalLanes =
      '$scrypt$ln=10,r=8,p=5$MDEyMzQ1Njc4OWFiY2RlZg$OwJl9ZVF51JJ+BWKP3ddOtVeGyKGTT0xOqNzSpX9B5k'
    await assertOnly('lètmein', severalLanes)
  })

  test('of PBKDF2 is verified: RFC 6070, passlib and Django', async () => {
    const salt = Buffer.from('saltSALTsaltSALTsaltSALTsaltSALTsalt').toString('base64')
    await assertOnly('passwordPASSWORDpassword', `$pbkdf2$4096$${salt}$PS7sT+QchJuAyNg2YsDkSospGpZM8vBwOA`)
    const passlib = '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44'
    await assertOnly('password', passlib)
    const sha512 =
      '$pbkdf2-sha512$i=1000,l=64$c2Vhc2FsdDI$' +
      '2vloCDKLWoVpw/us5ql8RvhWxVBCliGZdisWJcceHD0tteOqsfZWK9ahddjUrZKhv64BeqfOrlnaRVz4iDQl6w'
    await assertOnly('lètmein', sha512.replace('c2Vhc2FsdDI', Buffer.from('seasalt2').toString('base64url')))
    await assertOnly('lètmein', 'pbkdf2_sha256$2000$seasalt2$bhsPN+Y5FwTvo48JhVzPN46m+JzEUgDShojyTmcOlqg=')
    await assertOnly('lètmein', 'pbkdf2_sha1$1000$seasalt2$4O6tM3Kd5cOD3UmnpGuCKdAiHa8=')
  })
})

test('a hash of ours is verified by another argon2 library (P-07)', async () => {
  const salt = Buffer.from('0123456789abcdef')
  const tag = await argon2idTag('pässword', 32, { ...CHEAP, salt })
  const text = encodeArgon2id({ kind: 'argon2id', ...CHEAP, salt, tag })
  assert.equal(await verify(text, 'pässword'), true)
  assert.equal(await verify(text, 'password'), false)
})
