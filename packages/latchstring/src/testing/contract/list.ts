import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../core/types.ts'
import { aRow, byKey, type ContractCase, NOW, next } from './case.ts'

/** Users that a careless comparison takes for one another: prefixes, case, accents, padding, number formats. */
const LOOKALIKES = [
  ['1', '10', '100', '01', '1.0', '1 ', ' 1', '+1', '-1', '1e0', '1\n', '1\0', '1%', '_'],
  ['a', 'A', 'ä', 'a\u0308', 'á', 'a\u200b', 'ａ', 'а', 'aa', 'a*', 'a?', 'a:b', 'a{b}'],
  ['É', 'é', 'E', 'e', 'e\u0301', 'ß', 'ss', 'SS', 'ẞ', 'İ', 'i', 'ı', 'I', '😀', '😁'],
  [
    '',
    ' ',
    'null',
    'undefined',
    'NULL',
    '0',
    'false',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
]

async function listedKeys(store: Store, userId: string): Promise<string[]> {
  return (await store.list(userId)).map((row) => row.key).toSorted()
}

/** As the token of a session is replaced: the new row comes first, then the old one is closed. */
async function replaceRows(store: Store, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    assert.equal(await store.write(aRow({ key: `key ${index + 1}` })), true)
    const closed = next(aRow({ key: `key ${index}` }), { userId: null, expiresAt: 0 })
    assert.equal(await store.write(closed), true)
  }
}

async function listUntil(store: Store, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    assert.notDeepEqual(await store.list('user'), [])
    // Stores may need more than promises to go on.
    await nextTurn()
  }
}

export const listCases: readonly ContractCase[] = [
  {
    name: 'list: a user without rows has none, and rows without a user are nobody’s',
    needs: 'list',
    run: async (store) => {
      await store.write(aRow({ userId: null }))
      for (const userId of ['user', 'null', '', 'undefined']) assert.deepEqual(await store.list(userId), [])
    },
  },
  {
    name: 'list: every row of the user and only those, expired ones included',
    needs: 'list',
    run: async (store) => {
      const mine = [aRow({ key: 'a' }), aRow({ key: 'b', expiresAt: NOW - 1 }), aRow({ key: 'c' })]
      for (const row of [...mine, aRow({ key: 'd', userId: 'other' })]) await store.write(row)
      assert.deepEqual(byKey(await store.list('user')), mine)
    },
  },
  {
    name: 'list: users whose ids look alike are told apart (F-08)',
    needs: 'list',
    run: async (store) => {
      const userIds = LOOKALIKES.flat()
      assert.equal(new Set(userIds).size, userIds.length)
      for (const [index, userId] of userIds.entries())
        await store.write(aRow({ key: `key ${index}`, userId }))
      for (const [index, userId] of userIds.entries()) {
        assert.deepEqual(
          await store.list(userId),
          [aRow({ key: `key ${index}`, userId })],
          JSON.stringify(userId),
        )
      }
    },
  },
  {
    name: 'list: 200 rows that were created in parallel are all there once acknowledged (F-09)',
    needs: 'list',
    run: async (store) => {
      const rows = Array.from({ length: 200 }, (_, index) => aRow({ key: `key ${index}` }))
      await Promise.all(rows.map((row) => store.write(row)))
      assert.deepEqual(byKey(await store.list('user')), byKey(rows))
    },
  },
  {
    name: 'list: a write that moves a row to a user, to another one or to nobody is seen at once',
    needs: 'list',
    run: async (store) => {
      const visitor = aRow({ userId: null })
      const first = next(visitor, { userId: 'first' })
      const second = next(first, { userId: 'second' })
      for (const row of [visitor, first]) await store.write(row)
      assert.deepEqual(await store.list('first'), [first])
      await store.write(second)
      assert.deepEqual([await store.list('first'), await store.list('second')], [[], [second]])
      await store.write(next(second, { userId: null }))
      assert.deepEqual([await store.list('first'), await store.list('second')], [[], []])
    },
  },
  {
    name: 'list: shows the newest version of a row, and no row after its removal',
    needs: 'list',
    run: async (store) => {
      const newest = next(aRow({ key: 'a' }), { payload: '"newest"' })
      for (const row of [aRow({ key: 'a' }), aRow({ key: 'b' }), newest]) await store.write(row)
      await store.remove(['b'])
      assert.deepEqual(await store.list('user'), [newest])
    },
  },
  {
    name: 'list: a write that was refused moves no row',
    needs: 'list',
    run: async (store) => {
      await store.write(aRow())
      await store.write(aRow({ userId: 'other', version: 3 }))
      await store.write(aRow({ userId: 'other', version: 1 }))
      assert.deepEqual([await listedKeys(store, 'user'), await listedKeys(store, 'other')], [['key'], []])
    },
  },
  {
    name: 'list: while rows take the place of each other, no list is without one (S-12, F-09)',
    needs: 'list',
    run: async (store) => {
      await store.write(aRow({ key: 'key 0' }))
      let isOver = false
      const replaced = replaceRows(store, 100).finally(() => {
        isOver = true
      })
      const listed = listUntil(store, () => isOver)
      await Promise.all([replaced, listed])
    },
  },
  {
    name: 'list: removing until the list is empty ends every row, whatever is written meanwhile (F-09)',
    needs: 'list',
    run: async (store) => {
      const rows = Array.from({ length: 50 }, (_, index) => aRow({ key: `key ${index}` }))
      await Promise.all(rows.map((row) => store.write(row)))
      const writes = rows.map((row) => store.write(next(row)))
      for (
        let keys = await listedKeys(store, 'user');
        keys.length > 0;
        keys = await listedKeys(store, 'user')
      ) {
        await store.remove(keys)
      }
      await Promise.all(writes)
      assert.deepEqual(await store.list('user'), [])
    },
  },
]
