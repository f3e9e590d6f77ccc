import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hash as hashElsewhere, verify as verifyElsewhere } from '@node-rs/argon2'
import bcrypt from 'bcryptjs'
import { errorWith } from '../../../test/support.ts'
import { systemRandom } from '../../core/random.ts'
import { systemTimers } from '../../core/timers.ts'
import { fakeClock, fakeTimers } from '../../testing/clock.ts'
import { type PasswordOptions, Passwords } from './passwords.ts'

const PASSWORD = 'correct horse battery staple'
const BCRYPT = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
const SOURCES = { random: systemRandom, timers: systemTimers }
const UNKNOWN = { matches: false, needsRehash: false }

function createPasswords(options: PasswordOptions = {}): Passwords {
  return new Passwords({ ...SOURCES, parallel: 2, ...options })
}

/** Only whether it matches. */
async function matches(passwords: Passwords, password: string, stored: string | null): Promise<boolean> {
  return (await passwords.verify(password, stored)).matches
}

suite('a new hash', () => {
  const passwords = createPasswords()

  test('is argon2id at the recommended cost, with a salt of its own (P-07)', async () => {
    const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)])
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    assert.notEqual(one, other)
    assert.equal(await verifyElsewhere(one, PASSWORD), true)
    assert.deepEqual(await passwords.verify(PASSWORD, one), { matches: true, needsRehash: false })
  })

  test('costs what the application asks for (P-07)', async () => {
    const text = await createPasswords({ cost: { memory: 20_000, passes: 3 } }).hash(PASSWORD)
    assert.match(text, /^\$argon2id\$v=19\$m=20000,t=3,p=1\$/)
  })

  test('is not made of what cannot be a password (P-02, P-05, P-11)', async () => {
    const hostile = ['a'.repeat(4_097), '\ud800', ...JSON.parse('[null, 7, ["a"], {"$ne":1}]')]
    for (const password of hostile) {
      await assert.rejects(passwords.hash(password), errorWith('invalid_argument', /weakness/))
    }
  })

  test('is not made when the random source fails or returns too little (S-01)', async () => {
    let calls = 0
    const random = (size: number) => systemRandom(calls++ < 2 ? size : size - 1)
    const failing = new Passwords({ ...SOURCES, random })
    await assert.rejects(
      failing.hash(PASSWORD),
      errorWith('invalid_option', /random\(16\) returned 15 bytes/),
    )
  })
})

suite('a password', () => {
  const passwords = createPasswords()

  test('is accepted as a whole and unchanged only (P-04)', async () => {
    const cases = [
      [PASSWORD, [PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `, PASSWORD.slice(0, -1)]],
      [`${'x'.repeat(72)}a`, [`${'x'.repeat(72)}b`, 'x'.repeat(72)]],
      [`${'x'.repeat(999)}a`, [`${'x'.repeat(999)}b`]],
      ['before\0after', ['before\0other', 'before', 'before\0']],
      ['ends with a space ', ['ends with a space']],
    ] as const
    for (const [password, others] of cases) {
      const stored = await passwords.hash(password)
      assert.equal(await matches(passwords, password, stored), true)
      for (const other of others) assert.equal(await matches(passwords, other, stored), false)
    }
  })

  test('is the same however its characters are composed, and another with a ligature (P-05)', async () => {
    const composed = await passwords.hash('caf\u00e9 au lait, s\u2019il vous pla\u00eet')
    assert.equal(await matches(passwords, 'cafe\u0301 au lait, s\u2019il vous plai\u0302t', composed), true)
    const ligature = await passwords.hash('\ufb01sh and chips')
    assert.equal(await matches(passwords, 'fish and chips', ligature), false)
  })

  test('of nobody, or with a hash that cannot be read, is wrong (R-01)', async () => {
    const unreadable = ['', 'not a hash', '$argon2id$v=19$m=4194304,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAA']
    for (const stored of [null, ...unreadable]) {
      assert.deepEqual(await passwords.verify(PASSWORD, stored), UNKNOWN)
    }
    for (const stored of JSON.parse('[{"$ne":1}, 7]'))
      assert.deepEqual(await passwords.verify(PASSWORD, stored), UNKNOWN)
  })

  test('that cannot be one is wrong, and is no error (P-02, P-05, P-11)', async () => {
    const stored = await passwords.hash('placeholder')
    const hostile = ['a'.repeat(4_097), `\ud800${PASSWORD}`, ...JSON.parse('[null, 7, ["a"], {"$ne":1}]')]
    for (const password of hostile) assert.deepEqual(await passwords.verify(password, stored), UNKNOWN)
    assert.deepEqual(await passwords.verify('a'.repeat(4_097), null), UNKNOWN)
  })
})

suite('the work for a wrong password', () => {
  /** Of all threads, so that a busy machine changes little. */
  async function workOf(run: () => Promise<unknown>): Promise<number> {
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }

  test('is as much for nobody, for an unreadable hash and for what cannot be a password (R-01, P-02)', async () => {
    const passwords = createPasswords({ cost: { passes: 5 } })
    const stored = await passwords.hash(PASSWORD)
    const attempts: Record<string, () => Promise<unknown>> = {
      'a wrong password': () => passwords.verify('wrong', stored),
      'no account': () => passwords.verify(PASSWORD, null),
      'an unreadable hash': () => passwords.verify(PASSWORD, 'unreadable'),
      'too long a password': () => passwords.verify('a'.repeat(5_000), stored),
      'too long a password of nobody': () => passwords.verify('a'.repeat(5_000), null),
    }
    const least = new Map<string, number>()
    for (let round = 0; round < 2; round++) {
      for (const [name, attempt] of Object.entries(attempts)) {
        least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, await workOf(attempt)))
      }
    }
    const usual = least.get('a wrong password') ?? 0
    for (const [name, work] of least) {
      assert.ok(work > usual * 0.6 && work < usual * 1.7, `${name}: ${work} us instead of ${usual}`)
    }
  })
})

suite('a hash that is weaker than a new one', () => {
  test('asks to be replaced, when the password was right (P-08)', async () => {
    const passwords = createPasswords({ bcrypt })
    const old = [
      await hashElsewhere(PASSWORD, { memoryCost: 4_096, timeCost: 3, parallelism: 1 }),
      await bcrypt.hash(PASSWORD, 4),
    ]
    const dearer = createPasswords({ cost: { passes: 3 } })
    for (const stored of old) {
      assert.deepEqual(await passwords.verify(PASSWORD, stored), { matches: true, needsRehash: true })
      assert.deepEqual(await passwords.verify('wrong', stored), UNKNOWN)
    }
    const current = await passwords.hash(PASSWORD)
    assert.equal((await dearer.verify(PASSWORD, current)).needsRehash, true)
    assert.equal((await passwords.verify(PASSWORD, await dearer.hash(PASSWORD))).needsRehash, false)
  })

  test('of bcrypt needs the library, and says so', async () => {
    await assert.rejects(createPasswords().verify('U*U', BCRYPT), errorWith('invalid_option', /bcryptjs/))
  })
})

suite('500 verifications at once', () => {
  test('run as many at a time as allowed, and the others wait or are refused (P-09)', async () => {
    const running = { now: 0, most: 0 }
    const compare = async () => {
      running.now += 1
      running.most = Math.max(running.most, running.now)
      await new Promise((resolve) => setImmediate(resolve))
      running.now -= 1
      return false
    }
    const passwords = createPasswords({ parallel: 3, waiting: 100, bcrypt: { compare } })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, () => passwords.verify('U*V', BCRYPT)),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.equal(running.most, 3)
    assert.equal(refused.length, 397)
    for (const { reason } of refused) assert.equal(reason.code, 'overloaded')
  })

  test('leave nothing behind: the next ones are answered (P-09)', async () => {
    const passwords = createPasswords({ waiting: 6 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, () => passwords.verify(PASSWORD, null)),
    )
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 8)
    const stored = await passwords.hash(PASSWORD)
    assert.equal(await matches(passwords, PASSWORD, stored), true)
  })

  test('are refused alike for somebody and for nobody (P-09, R-01)', async () => {
    const passwords = createPasswords({ parallel: 1, waiting: 0 })
    const stored = await passwords.hash(PASSWORD)
    const busy = passwords.verify(PASSWORD, stored)
    for (const [password, hash] of [
      [PASSWORD, stored],
      [PASSWORD, null],
      ['\ud800', null],
    ] as const) {
      await assert.rejects(passwords.verify(password, hash), errorWith('overloaded'))
    }
    await assert.rejects(passwords.hash(PASSWORD), errorWith('overloaded'))
    assert.equal((await busy).matches, true)
  })

  test('wait for 5 seconds at most (P-09)', async () => {
    const clock = fakeClock()
    const never = { compare: () => new Promise<boolean>(() => {}) }
    const options = { random: systemRandom, timers: fakeTimers(clock), parallel: 1, bcrypt: never }
    const passwords = new Passwords(options)
    void passwords.verify('U*U', BCRYPT)
    const waiting = passwords.verify('U*U', BCRYPT)
    clock.advance(5_000)
    await assert.rejects(waiting, errorWith('overloaded'))
  })
})

suite('a password that somebody chooses', () => {
  test('is refused with the reason (P-01, P-02, P-05, P-06)', async () => {
    const passwords = createPasswords({ appName: 'Latchstring Example' })
    const cases = [
      ['fourteen chars', 'too_short'],
      ['a'.repeat(1_025), 'too_long'],
      [`\ud800${'a'.repeat(20)}`, 'malformed'],
      ['PasswordPassword', 'common'],
      ['Latchstring example', 'own_name'],
      ['anna-katharina.berg', 'own_name'],
      ['anna likes tea and rain', null],
    ] as const
    for (const [password, weakness] of cases) {
      assert.equal(await passwords.weakness(password, ['anna-katharina.berg@example.test', '']), weakness)
    }
  })

  test('may be shorter beside a second factor, and is not common even then (P-01, P-06)', async () => {
    const passwords = createPasswords({ minimum: 8 })
    assert.equal(await passwords.weakness('x7#pQ-2', []), 'too_short')
    assert.equal(await passwords.weakness('x7#pQ-2k', []), null)
    for (const common of ['password', 'Trustno1', 'abcd1234']) {
      assert.equal(await passwords.weakness(common, []), 'common')
    }
  })

  test('is refused when a breach check knows it, in its normal form (P-06)', async () => {
    const asked: string[] = []
    const breached = async (password: string) => asked.push(password) > 0
    const passwords = createPasswords({ breached })
    assert.equal(await passwords.weakness('cafe\u0301 au lait, please', []), 'breached')
    assert.equal(await passwords.weakness('too short', []), 'too_short')
    assert.deepEqual(asked, ['caf\u00e9 au lait, please'])
  })

  test('is allowed when the breach check fails, and the application is told (P-06)', async () => {
    const down = new Error('down')
    const failures: unknown[] = []
    const failing = [
      () => Promise.reject(down),
      () => {
        throw down
      },
    ]
    for (const breached of failing) {
      const onBreachCheckFailed = (error: unknown) => {
        failures.push(error)
        throw new Error('the listener fails too')
      }
      const passwords = createPasswords({ breached, onBreachCheckFailed })
      assert.equal(await passwords.weakness(PASSWORD, []), null)
      const rejecting = createPasswords({ breached, onBreachCheckFailed: () => Promise.reject(down) })
      assert.equal(await rejecting.weakness(PASSWORD, []), null)
      assert.equal(await createPasswords({ breached }).weakness(PASSWORD, []), null)
    }
    assert.deepEqual(failures, [down, down])
  })
})

test('options that cannot be meant are refused when the application starts', () => {
  const wrong: unknown[] = [
    { parallel: 0 },
    { parallel: 1.5 },
    { parallel: '2' },
    { waiting: -1 },
    { minimum: 7 },
    { cost: { memory: 1_024 } },
    { bcrypt: {} },
    { breached: true },
    { onBreachCheckFailed: 'log' },
    { appName: 5 },
    { pepper: 'x' },
  ]
  for (const option of wrong) {
    const options: PasswordOptions = JSON.parse(JSON.stringify(option))
    assert.throws(() => createPasswords(options), errorWith('invalid_option'), JSON.stringify(option))
  }
})
