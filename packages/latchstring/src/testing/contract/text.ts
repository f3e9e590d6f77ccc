import assert from 'node:assert/strict'
import { LatchstringError } from '../../core/errors.ts'
import type { Row, Store } from '../../core/types.ts'
import { aRow, type ContractCase, next } from './case.ts'

const HOSTILE = [
  "' OR '1'='1",
  "'; DROP TABLE latchstring_sessions; --",
  '"quoted" `backquoted` $$dollars$$ \\ \\\\ \\0 \\x00',
  '? ?1 :name @name $1 %s {0} #{x}',
  '% _ * [a-z] ? ^ \\%',
  '*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$1\r\n1\r\n',
  'FLUSHALL\r\nQUIT\r\n',
  'line\r\nSet-Cookie: a=b\r\n\r\n',
  'a:b:c {tag} a}b{c',
  'nul\0in the middle',
  '\0',
  'nul at the end\0',
  'nul\0in the middle!',
  '😀 👩‍👩‍👧‍👦 𝒳 \u{10FFFF}',
  'right to left \u202Egnp.exe',
  '\u2028 \u2029 \uFEFF \uFFFD \uFFFF',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  ' leading',
  'trailing ',
  'trailing',
  'TRAILING',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '1e3',
  '1000',
  '0x10',
  'true',
  'long '.repeat(200),
  `${'long '.repeat(199)}lone `,
]

async function assertStored(store: Store, rows: readonly Row[]): Promise<void> {
  for (const row of rows) assert.deepEqual(await store.read(row.key), row, JSON.stringify(row.key))
}

/** Text of `size` characters of one to four bytes each. */
function longText(size: number): string {
  const some = 'a"\\é€😀𝒳\n'
  return some
    .repeat(Math.ceil(size / some.length))
    .slice(0, size)
    .toWellFormed()
}

async function keepsExactlyOrRefuses(store: Store, row: Row): Promise<void> {
  const stored = await store.write(row).catch(() => false)
  if (stored) assert.deepEqual(await store.read(row.key), row)
}

/** The text of some databases holds no NUL. To refuse such a payload is honest, to cut it is not. */
async function storesOrRefusesNul(store: Store, row: Row): Promise<boolean> {
  try {
    assert.equal(await store.write(row), true, JSON.stringify(row.payload))
    return true
  } catch (error) {
    if (!(error instanceof LatchstringError) || error.code !== 'invalid_argument') throw error
    assert.ok(row.payload.includes('\0'), `refused ${JSON.stringify(row.payload)}`)
    assert.equal(await store.read(row.key), null)
    return false
  }
}

export const textCases: readonly ContractCase[] = [
  {
    name: 'text: hostile keys stay distinct and come back exactly (F-08)',
    run: async (store) => {
      for (const key of HOSTILE) assert.equal(await store.read(key), null, JSON.stringify(key))
      const rows = HOSTILE.map((key, index) => aRow({ key, payload: String(index) }))
      for (const row of rows) assert.equal(await store.write(row), true, JSON.stringify(row.key))
      await assertStored(store, rows)
      const after = rows.map((row) => next(row))
      for (const row of after) assert.equal(await store.write(row), true, JSON.stringify(row.key))
      await assertStored(store, after)
    },
  },
  {
    name: 'text: removing a hostile key removes that row only (F-08)',
    run: async (store) => {
      const rows = HOSTILE.map((key) => aRow({ key }))
      for (const row of rows) await store.write(row)
      for (const [index, row] of rows.entries()) {
        assert.equal(await store.remove([row.key]), 1, JSON.stringify(row.key))
        assert.equal((await store.list('user')).length, rows.length - index - 1, JSON.stringify(row.key))
      }
    },
  },
  {
    name: 'text: hostile user ids stay distinct and come back exactly (F-08)',
    needs: 'list',
    run: async (store) => {
      for (const userId of HOSTILE) assert.deepEqual(await store.list(userId), [], JSON.stringify(userId))
      const rows = HOSTILE.map((userId, index) => aRow({ key: `key ${index}`, userId }))
      for (const row of rows) assert.equal(await store.write(row), true, JSON.stringify(row.userId))
      for (const row of rows)
        assert.deepEqual(await store.list(row.userId ?? ''), [row], JSON.stringify(row.userId))
    },
  },
  {
    name: 'text: hostile payloads come back exactly; only one with NUL may be refused instead, as invalid_argument (F-08)',
    run: async (store) => {
      const rows = HOSTILE.map((payload, index) => aRow({ key: `key ${index}`, payload }))
      const stored: Row[] = []
      for (const row of rows) if (await storesOrRefusesNul(store, row)) stored.push(row)
      await assertStored(store, stored)
    },
  },
  {
    name: 'text: keys that differ in case, accents, padding or normal form are different keys (F-08)',
    run: async (store) => {
      const keys = [
        'key',
        'Key',
        'KEY',
        'kéy',
        'ke\u0301y',
        'key ',
        ' key',
        'key\0',
        'ke',
        'key2',
        'ｋｅｙ',
        'ke\u200by',
        '',
      ]
      const rows = keys.map((key, index) => aRow({ key, payload: String(index) }))
      for (const row of rows) assert.equal(await store.write(row), true, JSON.stringify(row.key))
      await assertStored(store, rows)
    },
  },
  {
    name: 'text: a payload of 1 MiB characters comes back exactly',
    run: async (store) => {
      const row = aRow({ payload: longText(2 ** 20) })
      await store.write(row)
      assert.equal((await store.read(row.key))?.payload === row.payload, true)
      const after = next(row, { payload: `${row.payload}!` })
      await store.write(after)
      assert.equal((await store.read(row.key))?.payload === after.payload, true)
    },
  },
  {
    name: 'text: an empty payload comes back empty',
    run: async (store) => {
      await store.write(aRow({ payload: '' }))
      assert.deepEqual(await store.read('key'), aRow({ payload: '' }))
    },
  },
  {
    name: 'text: what is no well-formed Unicode comes back exactly or is refused, never altered (F-08)',
    run: async (store) => {
      const replaced = aRow({ key: 'lone \uFFFD', userId: 'lone \uFFFD' })
      await store.write(replaced)
      for (const lone of ['lone \uD800', 'lone \uDC00', 'lone \uDFFF']) {
        assert.equal(await store.read(lone), null)
        assert.deepEqual(await store.list(lone), [])
        await keepsExactlyOrRefuses(store, aRow({ key: lone }))
        await keepsExactlyOrRefuses(store, aRow({ key: 'payload', payload: lone }))
        await store.remove([lone, 'payload'])
      }
      assert.deepEqual(await store.read(replaced.key), replaced)
    },
  },
]
