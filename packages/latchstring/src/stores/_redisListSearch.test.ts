import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '../core/types.ts'
import { ListSearch } from './_redisListSearch.ts'

function aRow(key: string): Row {
  return { key, userId: 'user', version: 1, expiresAt: 1, payload: '' }
}

/** What the index names at each look, and which of those rows are there when they are asked for. */
type Look = readonly [named: readonly string[], there: readonly string[]]

/** The keys that are found, and how many looks that takes. */
function search(looks: readonly Look[]): { found: string[]; looks: number } {
  const list = new ListSearch()
  let count = 0
  while (!list.isOver) {
    const [named, there] = looks[Math.min(count++, looks.length - 1)] ?? [[], []]
    const asked = list.begin(new Map(named.map((key) => [`entry of ${key}`, key])))
    list.end(asked.filter((key) => there.includes(key)).map(aRow))
  }
  return { found: list.rows.map(({ key }) => key), looks: count }
}

test('a list of rows that are all there takes one look', () => {
  assert.deepEqual(
    search([
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ]),
    { found: ['a', 'b'], looks: 1 },
  )
  assert.deepEqual(search([[[], []]]), { found: [], looks: 1 })
})

test('an entry that a crash left behind costs two looks more', () => {
  assert.deepEqual(search([[['a', 'left'], ['a']]]), { found: ['a'], looks: 3 })
})

test('a row is found that takes the place of one which was asked for too early, and then too late (S-12, F-09)', () => {
  const looks: readonly Look[] = [
    // b is entered, but not stored yet; a is closed by the time it is asked for.
    [['a', 'b'], []],
    // b was stored, and is closed by the time it is asked for.
    [['a', 'b'], []],
    [['b', 'c'], ['c']],
  ]
  assert.deepEqual(search(looks).found, ['c'])
})

test('as long as new entries lead nowhere the search goes on (S-12, F-09)', () => {
  const looks: readonly Look[] = [
    [['a'], []],
    [['a', 'b'], []],
    [['b', 'c'], []],
    [['c', 'd'], ['d']],
  ]
  assert.deepEqual(search(looks).found, ['d'])
})
