import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table, verdictTable } from './table.ts'

test('the columns of a table are as wide as their widest cell', () => {
  const lines = table(['a', 'bb'], [['wide', '1']]).split('\n')
  assert.deepEqual(lines, ['| a    |   bb |', '| ---  | ---: |', '| wide |    1 |'])
})

test('a verdict says whether it is reached, and no small figure is called zero', () => {
  const verdict = {
    title: 'writes',
    value: 0.0004,
    atMost: 0,
    atLeast: null,
    isReached: false,
  }
  assert.match(verdictTable([verdict]), /\| writes \| +0\.0004 \| +0 \| \*\*missed\*\* \|/)
  const exact = { title: 'queries', value: 1, atMost: 1, atLeast: 1, isReached: true }
  assert.match(verdictTable([exact]), /\| exactly 1 \| +reached \|/)
})
