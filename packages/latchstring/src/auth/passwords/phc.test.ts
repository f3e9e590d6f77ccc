import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Argon2idHash, encodeArgon2id, isAffordable, readHash } from './phc.ts'

const SALT = 'MDEyMzQ1Njc4OWFiY2RlZg'
const TAG = `${'A'.repeat(42)}E`
const ARGON2ID = `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${TAG}`
const SCRYPT = `$scrypt$ln=17,r=8,p=1$${SALT}$${TAG}`
const PBKDF2 = `$pbkdf2-sha256$i=600000$${SALT}$${TAG}`
const DJANGO = `pbkdf2_sha256$600000$qY5zMbUuTKEEtXKj$${TAG}=`
const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

/** The forms of one hash, each with one place changed. */
function variants(text: string, changes: readonly (readonly [from: string, to: string])[]): string[] {
  return changes.map(([from, to]) => {
    assert.ok(text.includes(from), `${text} holds no ${from}`)
    return text.replace(from, to)
  })
}

function assertNone(texts: readonly string[]): void {
  for (const text of texts) assert.equal(readHash(text), null, text)
}

suite('a stored hash', () => {
  const salt = Buffer.from('0123456789abcdef')
  const tag = Buffer.from(TAG, 'base64')

  test('of argon2id is written in the PHC string format and read back unchanged (P-07)', () => {
    const cost = { memory: 65_536, passes: 3, parallelism: 4 }
    const hash: Argon2idHash = { kind: 'argon2id', ...cost, salt, tag }
    assert.equal(encodeArgon2id(hash), `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${TAG}`)
    assert.deepEqual(readHash(encodeArgon2id(hash)), hash)
  })

  test('of argon2id tells which key it needs, in eight bytes at most (P-07)', () => {
    const hash: Argon2idHash = {
      ...{ kind: 'argon2id', memory: 19_456, passes: 2, parallelism: 1, keyId: 'c2VjcmV0' },
      ...{ salt, tag },
    }
    const text = ARGON2ID.replace('p=1', 'p=1,keyid=c2VjcmV0')
    assert.equal(encodeArgon2id(hash), text)
    assert.deepEqual(readHash(text), hash)
    assertNone(
      variants(text, [
        ['keyid=c2VjcmV0', 'keyid='],
        ['keyid=c2VjcmV0', 'keyid=c2VjcmV0c2Vj'],
        ['keyid=c2VjcmV0', 'keyid=c2Vj,keyid=cmV0'],
        ['keyid=c2VjcmV0', 'data=c2VjcmV0'],
        [',keyid', ', keyid'],
      ]),
    )
  })

  test('of scrypt is read in the PHC string format', () => {
    const cost = { cost: 131_072, blockSize: 8, parallelism: 1 }
    assert.deepEqual(readHash(SCRYPT), { kind: 'scrypt', ...cost, salt, tag })
  })

  test('of PBKDF2 is read in the forms of PHC, passlib and Django', () => {
    const hash = { kind: 'pbkdf2', digest: 'sha256', iterations: 600_000, salt, tag }
    const dotted = Buffer.from([...Array(15).fill(0xfb), 0xef])
    assert.deepEqual(readHash(PBKDF2), hash)
    assert.deepEqual(readHash(PBKDF2.replace('i=600000', 'i=600000,l=32')), hash)
    assert.deepEqual(readHash(PBKDF2.replace('i=', '')), hash)
    assert.deepEqual(readHash(PBKDF2.replace('-sha256', '')), { ...hash, digest: 'sha1' })
    assert.deepEqual(readHash(PBKDF2.replace('sha256', 'sha512')), { ...hash, digest: 'sha512' })
    const ab64 = dotted.toString('base64').replace(/=+$/, '').replaceAll('+', '.')
    assert.deepEqual(readHash(PBKDF2.replace(SALT, ab64)), { ...hash, salt: dotted })
    assert.deepEqual(readHash(DJANGO), { ...hash, salt: Buffer.from('qY5zMbUuTKEEtXKj') })
  })

  test('of bcrypt is handed on under the name that every library knows', () => {
    assert.deepEqual(readHash(BCRYPT), { kind: 'bcrypt', text: BCRYPT })
    assert.deepEqual(readHash(BCRYPT.replace('2b', '2y')), { kind: 'bcrypt', text: BCRYPT })
    const old = BCRYPT.replace('2b', '2a')
    assert.deepEqual(readHash(old), { kind: 'bcrypt', text: old })
  })

  test('that is not exactly in its form is none (P-11)', () => {
    assertNone(['', '$', 'password', '$argon2id$', '$1$salt$hash', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='])
    for (const text of [ARGON2ID, SCRYPT, PBKDF2, DJANGO, BCRYPT]) {
      assertNone([
        ` ${text}`,
        `${text} `,
        `${text}\n`,
        `${text}=`,
        `${text}$`,
        text.slice(0, -30),
        `x${text}`,
      ])
      assertNone([text.toUpperCase(), text.replaceAll('$', ':')])
    }
    assertNone(
      variants(ARGON2ID, [
        ['argon2id', 'argon2i'],
        ['v=19', 'v=16'],
        ['$v=19', ''],
        ['m=19456,t=2', 't=2,m=19456'],
        ['m=19456', 'm=019456'],
        ['m=19456', 'm=-1'],
        ['m=19456', 'm=1e4'],
        ['p=1', 'p=0'],
        ['p=1', 'p=1,data=AAAA'],
        ['m=19456', 'm=7'],
        [TAG, TAG.replace('A', '-')],
      ]),
    )
    assertNone(
      variants(SCRYPT, [
        ['ln=17', 'ln=0'],
        ['ln=17', 'n=17'],
        ['r=8', 'r=0'],
        ['p=1', 'p='],
      ]),
    )
    assertNone(
      variants(PBKDF2, [
        ['sha256', 'md5'],
        ['i=600000', 'i=600000,l=31'],
        ['i=600000', 'i=0'],
      ]),
    )
    assertNone(
      variants(DJANGO, [
        ['=', ''],
        ['sha256', 'sha512'],
        ['qY5z', 'q$5z'],
        ['qY5zMbUuTKEEtXKj', 'short'],
      ]),
    )
    assertNone(
      variants(BCRYPT, [
        ['$10$', '$4$'],
        ['$10$', '$03$'],
        ['2b', '2x'],
        ['2b', '2'],
      ]),
    )
  })

  test('has one text for one value: bits that nobody reads are refused', () => {
    assertNone([ARGON2ID.replace(TAG, `${'A'.repeat(42)}F`), ARGON2ID.replace(SALT, `${SALT.slice(0, -1)}h`)])
  })

  test('has a salt of 8 to 64 bytes and a tag of 16 to 64', () => {
    const withBytes = (saltBytes: number, tagBytes: number) =>
      readHash(ARGON2ID.replace(SALT, base64(saltBytes)).replace(TAG, base64(tagBytes)))
    for (const [saltBytes, tagBytes] of [
      [8, 16],
      [64, 64],
    ] as const) {
      assert.notEqual(withBytes(saltBytes, tagBytes), null)
    }
    for (const [saltBytes, tagBytes] of [
      [7, 32],
      [65, 32],
      [16, 15],
      [16, 65],
      [16, 100_000],
    ] as const) {
      assert.equal(withBytes(saltBytes, tagBytes), null)
    }
  })

  test('asks for at most 1 GiB and some seconds (P-09)', () => {
    const texts = {
      good: [
        ...variants(ARGON2ID, [
          ['m=19456,t=2', 'm=1048576,t=4'],
          ['t=2', 't=215'],
          ['p=1', 'p=16'],
        ]),
        ...variants(SCRYPT, [
          ['ln=17,r=8,p=1', 'ln=20,r=8,p=2'],
          ['p=1', 'p=16'],
        ]),
        ...variants(PBKDF2, [['600000', '10000000']]),
        ...variants(BCRYPT, [['$10$', '$16$']]),
      ],
      bad: [
        ...variants(ARGON2ID, [
          ['m=19456', 'm=1048577'],
          ['m=19456', 'm=4294967295'],
          ['t=2', 't=216'],
        ]),
        ...variants(ARGON2ID, [
          ['p=1', 'p=17'],
          ['m=19456,t=2,p=1', 'm=64,t=2,p=9'],
        ]),
        ...variants(SCRYPT, [
          ['ln=17', 'ln=21'],
          ['ln=17', 'ln=63'],
          ['ln=17,r=8', 'ln=20,r=9'],
          ['ln=17,r=8,p=1', 'ln=20,r=8,p=3'],
          ['p=1', 'p=17'],
        ]),
        ...variants(PBKDF2, [
          ['600000', '10000001'],
          ['600000', '99999999999'],
        ]),
        ...variants(BCRYPT, [
          ['$10$', '$17$'],
          ['$10$', '$31$'],
        ]),
      ],
    }
    for (const text of texts.good) assert.notEqual(readHash(text), null, text)
    assertNone(texts.bad)
  })
})

test('a cost of more than 1 GiB, or of 4 GiB in all passes, is not affordable', () => {
  assert.equal(isAffordable({ memory: 1_048_576, passes: 4 }), true)
  assert.equal(isAffordable({ memory: 1_048_577, passes: 1 }), false)
  assert.equal(isAffordable({ memory: 1_048_576, passes: 5 }), false)
})

function base64(size: number): string {
  return Buffer.alloc(size, 'x').toString('base64').replace(/=+$/, '')
}
