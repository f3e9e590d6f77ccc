import assert from 'node:assert/strict'
import type { Row, Store } from '../../core/types.ts'
import { aRow, type ContractCase, countOf, NOW, next, parallel } from './case.ts'

/** Adds 1 to the number in the payload, as often as it takes. */
async function increment(store: Store): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const row = await store.read('key')
    assert.ok(row)
    if (await store.write(next(row, { payload: String(Number(row.payload) + 1) }))) return
  }
  assert.fail('1,000 writes in a row were refused')
}

async function refusesVersion(store: Store, stored: Row, version: number): Promise<void> {
  const late: Row = { ...stored, version, userId: 'other', expiresAt: NOW, payload: '"late"' }
  assert.equal(await store.write(late), false, `version ${version} over ${stored.version}`)
  assert.deepEqual(await store.read(stored.key), stored)
  assert.deepEqual(await store.list('other'), [])
}

export const compareAndSwapCases: readonly ContractCase[] = [
  {
    name: 'write: the version after the stored one replaces every field',
    run: async (store) => {
      const after = next(aRow(), { userId: 'other', expiresAt: NOW + 1, payload: '"new"' })
      await store.write(aRow())
      assert.equal(await store.write(after), true)
      assert.deepEqual(await store.read('key'), after)
    },
  },
  {
    name: 'write: versions count on past 9, 10 and 100',
    run: async (store) => {
      let row = aRow()
      assert.equal(await store.write(row), true)
      while (row.version < 120) {
        row = next(row)
        assert.equal(await store.write(row), true, `version ${row.version}`)
      }
      assert.deepEqual(await store.read('key'), row)
    },
  },
  {
    name: 'write: a version that is not the next one is refused and changes nothing',
    run: async (store) => {
      const third = next(next(aRow()))
      for (const row of [aRow(), next(aRow()), third]) await store.write(row)
      for (const version of [1, 2, 3, 5, 6, 100]) await refusesVersion(store, third, version)
    },
  },
  {
    name: 'write: a version too large for 32 bits is refused, neither cut nor an error',
    run: async (store) => {
      await store.write(aRow())
      for (const version of [2 ** 31 + 2, 2 ** 32 + 2, Number.MAX_SAFE_INTEGER]) {
        await refusesVersion(store, aRow(), version)
      }
    },
  },
  {
    name: 'write: of 100 parallel compare-and-swaps on one version exactly one is told true (F-09)',
    run: async (store) => {
      await store.write(aRow())
      const rows = Array.from({ length: 100 }, (_, index) => next(aRow(), { payload: `"${index}"` }))
      const told = await Promise.all(rows.map((row) => store.write(row)))
      assert.equal(countOf(told, true), 1)
      assert.deepEqual(await store.read('key'), rows[told.indexOf(true)])
    },
  },
  {
    name: 'write: 100 parallel increments by compare-and-swap are all there (F-09)',
    run: async (store) => {
      await store.write(aRow({ payload: '0' }))
      await parallel(100, () => increment(store))
      const row = await store.read('key')
      assert.equal(row?.payload, '100')
      assert.equal(row.version, 101)
    },
  },
  {
    name: 'write: parallel writes of 100 keys are all told true and do not mix',
    run: async (store) => {
      const rows = Array.from({ length: 100 }, (_, index) =>
        aRow({ key: `key ${index}`, payload: `"${index}"` }),
      )
      assert.equal(countOf(await Promise.all(rows.map((row) => store.write(row))), true), 100)
      assert.equal(countOf(await Promise.all(rows.map((row) => store.write(next(row)))), true), 100)
      const read = await Promise.all(rows.map((row) => store.read(row.key)))
      assert.deepEqual(
        read,
        rows.map((row) => next(row)),
      )
    },
  },
]
