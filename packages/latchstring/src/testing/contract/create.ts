import assert from 'node:assert/strict'
import { aRow, type ContractCase, countOf, NOW, next, parallel } from './case.ts'

export const createCases: readonly ContractCase[] = [
  {
    name: 'read: a key that was never written is null',
    run: async (store) => {
      assert.equal(await store.read('absent'), null)
      await store.write(aRow())
      assert.equal(await store.read('absent'), null)
    },
  },
  {
    name: 'read: a row comes back as it was written, with exactly its five fields',
    run: async (store) => {
      const row = aRow({ payload: '{"data":{"cart":[1,2]}}' })
      assert.equal(await store.write(row), true)
      assert.deepEqual(await store.read(row.key), row)
      assert.deepEqual(await store.list('user'), [row])
    },
  },
  {
    name: 'read: a row without a user comes back with null',
    run: async (store) => {
      const row = aRow({ userId: null })
      await store.write(row)
      assert.deepEqual(await store.read(row.key), row)
    },
  },
  {
    name: 'read: numbers come back as numbers, from the first moment to the last that a date can hold',
    run: async (store) => {
      for (const expiresAt of [0, 1, 2 ** 31, 2 ** 32 + 1, NOW, 8.64e15]) {
        const row = aRow({ key: `expires ${expiresAt}`, expiresAt })
        await store.write(row)
        assert.deepEqual(await store.read(row.key), row)
      }
    },
  },
  {
    name: 'read: parallel reads answer each with its own row',
    run: async (store) => {
      await parallel(50, (index) => store.write(aRow({ key: `key ${index}`, payload: `"${index}"` })))
      const rows = await parallel(100, (index) => store.read(`key ${99 - index}`))
      assert.deepEqual(
        rows.map((row) => row?.payload),
        Array.from({ length: 100 }, (_, index) => (index < 50 ? undefined : `"${99 - index}"`)),
      )
    },
  },
  {
    name: 'create: a key that is taken is never written over (S-04)',
    run: async (store) => {
      const first = aRow({ userId: 'first' })
      assert.equal(await store.write(first), true)
      assert.equal(await store.write(aRow({ userId: 'second', payload: '"theirs"' })), false)
      assert.equal(await store.write(first), false, 'the same row a second time')
      assert.deepEqual(await store.read(first.key), first)
      assert.deepEqual(await store.list('second'), [])
    },
  },
  {
    name: 'create: a row that has moved on is not written over either (S-04)',
    run: async (store) => {
      const moved = next(aRow())
      await store.write(aRow())
      await store.write(moved)
      assert.equal(await store.write(aRow({ payload: '"again"' })), false)
      assert.deepEqual(await store.read(moved.key), moved)
    },
  },
  {
    name: 'create: of 100 parallel creates of one key exactly one is told true, and its row is there (S-04, F-09)',
    run: async (store) => {
      const rows = Array.from({ length: 100 }, (_, index) =>
        aRow({ userId: `user ${index}`, payload: `"${index}"` }),
      )
      const told = await Promise.all(rows.map((row) => store.write(row)))
      assert.equal(countOf(told, true), 1)
      const winner = rows[told.indexOf(true)]
      assert.deepEqual(await store.read('key'), winner)
      const listed = await Promise.all(rows.map((row) => store.list(row.userId ?? '')))
      assert.deepEqual(listed.flat(), [winner], 'a loser must not be left in the index by user')
    },
  },
  {
    name: 'create: works again on a key whose row was removed',
    run: async (store) => {
      await store.write(aRow())
      await store.remove(['key'])
      const second = aRow({ userId: 'second' })
      assert.equal(await store.write(second), true)
      assert.deepEqual(await store.read('key'), second)
      assert.deepEqual(await store.list('user'), [])
    },
  },
]
