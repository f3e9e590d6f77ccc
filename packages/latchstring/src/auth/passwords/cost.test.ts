import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errorWith } from '../../../test/support.ts'
import { type Cost, costOption, isWeaker } from './cost.ts'
import type { Argon2idHash } from './phc.ts'

suite('the cost of a hash', () => {
  test('is the recommended floor unless the application says more (P-07)', () => {
    assert.deepEqual(costOption(undefined), { memory: 19_456, passes: 2 })
    assert.deepEqual(costOption({ memory: 65_536 }), { memory: 65_536, passes: 2 })
    assert.deepEqual(costOption({ passes: 3 }), { memory: 19_456, passes: 3 })
    assert.deepEqual(costOption({ memory: 47_104, passes: 1 }), { memory: 47_104, passes: 1 })
  })

  test('below the floor is refused when the application starts (P-07)', () => {
    const tooCheap: Partial<Cost>[] = [
      { memory: 19_455 },
      { memory: 12_288, passes: 3 },
      { passes: 1 },
      { memory: 47_103, passes: 1 },
      { memory: 1_000_000, passes: 0 },
      { memory: -65_536, passes: -2 },
    ]
    for (const cost of tooCheap) {
      assert.throws(() => costOption(cost), errorWith('invalid_option', /passwords\.cost.*19456/))
    }
  })

  test('that is no whole number, or that no stored hash may have, is refused when the application starts', () => {
    const wrong: unknown[] = [
      { memory: 19_456.5 },
      { memory: '65536' },
      { memory: Number.NaN },
      { memory: Number.POSITIVE_INFINITY },
      { memory: 1_048_577 },
      { memory: 1_048_576, passes: 5 },
      { parallelism: 4 },
      null,
      65_536,
    ]
    for (const cost of wrong) {
      assert.throws(() => costOption(JSON.parse(JSON.stringify(cost))), errorWith('invalid_option', /cost/))
    }
  })
})

suite('a stored hash', () => {
  const cost = { memory: 47_104, passes: 2 }
  const bytes = { salt: Buffer.alloc(16), tag: Buffer.alloc(32) }
  const stored: Argon2idHash = { kind: 'argon2id', ...cost, parallelism: 1, ...bytes }

  test('is weaker than a new one if it costs less, or has less salt or tag (P-08)', () => {
    const weaker: Argon2idHash[] = [
      { ...stored, memory: 47_103 },
      { ...stored, memory: 47_103, passes: 10 },
      { ...stored, passes: 1 },
      { ...stored, salt: Buffer.alloc(15) },
      { ...stored, tag: Buffer.alloc(31) },
    ]
    for (const hash of weaker) assert.equal(isWeaker(hash, cost), true)
    const foreign = { kind: 'scrypt', cost: 2 ** 20, blockSize: 8, parallelism: 1, ...bytes } as const
    assert.equal(isWeaker(foreign, cost), true)
    assert.equal(isWeaker({ kind: 'bcrypt', text: '' }, cost), true)
  })

  test('that costs as much or more is left as it is (P-08)', () => {
    for (const hash of [stored, { ...stored, memory: 94_208, passes: 1 }, { ...stored, parallelism: 4 }]) {
      assert.equal(isWeaker(hash, cost), false)
    }
  })
})
