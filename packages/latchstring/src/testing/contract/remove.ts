import assert from 'node:assert/strict'
import type { Store } from '../../core/types.ts'
import { aRow, byKey, type ContractCase, countOf, next, parallel } from './case.ts'

async function assertGone(store: Store, key: string, round: string): Promise<void> {
  assert.equal(await store.read(key), null, `${round}: the row came back`)
  assert.deepEqual(
    (await store.list('user')).filter((row) => row.key === key),
    [],
    `${round}: the row came back in the list`,
  )
}

/** Writers that were on their way when the row is removed, and one that comes after the acknowledgement. */
async function raceOf(store: Store, round: number): Promise<void> {
  const row = aRow({ key: `round ${round}` })
  await store.write(row)
  const late = next(row, { payload: '"late"' })
  const before = round % 3 === 0 ? [] : [store.write(late)]
  const removal = store.remove([row.key])
  const after = round % 3 === 1 ? [] : [store.write(late), store.write(next(late))]
  assert.equal(await removal, 1, `round ${round}: the row was there`)
  const afterwards = await Promise.all([store.write(late), store.write(next(late))])
  assert.deepEqual(afterwards, [false, false], `round ${round}: a write after the removal was accepted`)
  await Promise.all([...before, ...after])
  await assertGone(store, row.key, `round ${round}`)
}

export const removeCases: readonly ContractCase[] = [
  {
    name: 'write: over an absent row is refused and creates nothing (S-13)',
    run: async (store) => {
      for (const version of [2, 3, 100, 2 ** 31]) {
        assert.equal(await store.write(aRow({ version })), false)
        await assertGone(store, 'key', `version ${version}`)
      }
    },
  },
  {
    name: 'write: over a row that was removed is refused and does not bring it back (S-13)',
    run: async (store) => {
      const second = next(aRow())
      await store.write(aRow())
      await store.write(second)
      await store.remove(['key'])
      for (const late of [second, next(second)]) {
        assert.equal(await store.write(late), false)
        await assertGone(store, 'key', `version ${late.version}`)
      }
    },
  },
  {
    name: 'remove: no write brings back a row whose removal was acknowledged, in 150 races (S-13, F-09)',
    run: async (store) => {
      for (let round = 0; round < 150; round++) await raceOf(store, round)
    },
  },
  {
    name: 'remove: no write brings rows back that one of 100 parallel removals took (S-13, F-09)',
    run: async (store) => {
      const rows = Array.from({ length: 100 }, (_, index) => aRow({ key: `key ${index}` }))
      await Promise.all(rows.map((row) => store.write(row)))
      await Promise.all(
        rows.flatMap((row) => [store.write(next(row)), store.remove([row.key]), store.write(next(row))]),
      )
      assert.deepEqual(await store.list('user'), [])
    },
  },
  {
    name: 'remove: tells how many rows were there, each counted once',
    run: async (store) => {
      for (const key of ['a', 'b', 'c', 'd']) await store.write(aRow({ key }))
      assert.equal(await store.remove(['absent']), 0)
      assert.equal(await store.remove(['a']), 1)
      assert.equal(await store.remove(['a']), 0)
      assert.equal(await store.remove(['b', 'b', 'a', 'absent', 'c', 'b']), 2)
      assert.deepEqual(await store.list('user'), [aRow({ key: 'd' })])
    },
  },
  {
    name: 'remove: an empty list removes nothing',
    run: async (store) => {
      await store.write(aRow())
      assert.equal(await store.remove([]), 0)
      assert.deepEqual(await store.read('key'), aRow())
    },
  },
  {
    name: 'remove: of 100 parallel callers exactly one is told 1 (F-09)',
    run: async (store) => {
      await store.write(aRow())
      const told = await parallel(100, () => store.remove(['key']))
      assert.equal(countOf(told, 1), 1)
      assert.equal(countOf(told, 0), 99)
    },
  },
  {
    name: 'remove: parallel callers with overlapping lists are told each row once in all (F-09)',
    run: async (store) => {
      const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`)
      await Promise.all(keys.map((key) => store.write(aRow({ key }))))
      const told = await parallel(20, (index) => store.remove(index % 2 ? keys : keys.toReversed()))
      assert.equal(
        told.reduce((sum, count) => sum + count, 0),
        40,
      )
      assert.deepEqual(await store.list('user'), [])
    },
  },
  {
    name: 'remove: takes 1,500 keys in one call and leaves the others',
    run: async (store) => {
      const keys = Array.from({ length: 1_500 }, (_, index) => `key ${index}`)
      await Promise.all(keys.slice(0, 1_000).map((key) => store.write(aRow({ key }))))
      await store.write(aRow({ key: 'other' }))
      assert.equal(await store.remove(keys), 1_000)
      assert.deepEqual(byKey(await store.list('user')), [aRow({ key: 'other' })])
    },
  },
]
