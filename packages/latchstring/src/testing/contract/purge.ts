import assert from 'node:assert/strict'
import { aRow, byKey, type ContractCase, countOf, NOW, next } from './case.ts'

export const purgeCases: readonly ContractCase[] = [
  {
    name: 'purge: an empty store has nothing to purge (F-12)',
    needs: 'purge',
    run: async (store) => assert.equal(await store.purge(NOW), 0),
  },
  {
    name: 'purge: a row that expires now is removed, one that expires a millisecond later stays (F-12)',
    needs: 'purge',
    run: async (store) => {
      const stays = [
        aRow({ key: 'c', expiresAt: NOW + 1 }),
        aRow({ key: 'd', userId: null, expiresAt: 8.64e15 }),
      ]
      const goes = [aRow({ key: 'a', expiresAt: NOW }), aRow({ key: 'b', userId: null, expiresAt: 0 })]
      for (const row of [...stays, ...goes]) await store.write(row)
      assert.equal(await store.purge(NOW), 2)
      assert.deepEqual(await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.read(key))), [
        null,
        null,
        ...stays,
      ])
      assert.deepEqual(await store.list('user'), [stays[0]])
      assert.equal(await store.purge(NOW), 0)
    },
  },
  {
    name: 'purge: goes by the time it is given, not by a clock of its own (F-12)',
    needs: 'purge',
    run: async (store) => {
      await store.write(aRow({ expiresAt: 1_000 }))
      assert.equal(await store.purge(999), 0)
      assert.deepEqual(await store.read('key'), aRow({ expiresAt: 1_000 }))
      await store.write(aRow({ key: 'far', expiresAt: 8e15 }))
      assert.equal(await store.purge(8e15), 2)
    },
  },
  {
    name: 'purge: goes by the newest expiry of a row (F-12)',
    needs: 'purge',
    run: async (store) => {
      await store.write(aRow({ expiresAt: NOW }))
      await store.write(next(aRow(), { expiresAt: NOW + 1 }))
      assert.equal(await store.purge(NOW), 0)
      assert.equal(await store.purge(NOW + 1), 1)
    },
  },
  {
    name: 'purge: removes and counts 2,500 expired rows among 3,000 (F-12)',
    needs: 'purge',
    run: async (store) => {
      const rows = Array.from({ length: 3_000 }, (_, index) => {
        return aRow({
          key: `key ${index}`,
          userId: `user ${index % 7}`,
          expiresAt: index % 6 === 0 ? NOW + 1 : NOW,
        })
      })
      for (let start = 0; start < rows.length; start += 250) {
        await Promise.all(rows.slice(start, start + 250).map((row) => store.write(row)))
      }
      assert.equal(await store.purge(NOW), 2_500)
      const left = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((user) => store.list(`user ${user}`)))
      assert.deepEqual(byKey(left.flat()), byKey(rows.filter((row) => row.expiresAt > NOW)))
    },
  },
  {
    name: 'purge: does not bring rows back into a race: a write is refused once its row is purged (S-13, F-12)',
    needs: 'purge',
    run: async (store) => {
      await store.write(aRow({ expiresAt: NOW }))
      await store.purge(NOW)
      assert.equal(await store.write(next(aRow())), false)
      assert.equal(await store.read('key'), null)
    },
  },
  {
    name: 'purge: a row that a parallel write prolonged stays, and each row is either prolonged or purged (F-09, F-12)',
    needs: 'purge',
    run: async (store) => {
      const rows = Array.from({ length: 200 }, (_, index) => aRow({ key: `key ${index}`, expiresAt: NOW }))
      const prolonged = rows.map((row) => next(row, { expiresAt: NOW + 1 }))
      await Promise.all(rows.map((row) => store.write(row)))
      const early = prolonged.slice(0, 100).map((row) => store.write(row))
      const purged = store.purge(NOW)
      const late = prolonged.slice(100).map((row) => store.write(row))
      const told = await Promise.all([...early, ...late])
      assert.equal(countOf(told, true) + (await purged), 200)
      const read = await Promise.all(rows.map((row) => store.read(row.key)))
      assert.deepEqual(
        read,
        prolonged.map((row, index) => (told[index] ? row : null)),
      )
    },
  },
  {
    name: 'purge: parallel purges tell each row once in all (F-09, F-12)',
    needs: 'purge',
    run: async (store) => {
      const rows = Array.from({ length: 100 }, (_, index) => aRow({ key: `key ${index}`, expiresAt: NOW }))
      await Promise.all(rows.map((row) => store.write(row)))
      const told = await Promise.all([1, 2, 3, 4].map(() => store.purge(NOW)))
      assert.equal(
        told.reduce((sum, count) => sum + count, 0),
        100,
      )
    },
  },
]
