import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { BOUNDS } from './bounds.ts'
import { CONTESTANTS } from './contestants.ts'
import { entriesNamed, planFrom } from './plan.ts'

test('every contestant has a file, an id of its own, and one to be compared with', () => {
  const ids = CONTESTANTS.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const { id, file, base } of CONTESTANTS) {
    assert.ok(existsSync(file), id)
    assert.ok(ids.includes(base), id)
  }
})

test('a plan for some brings those along that they are compared with, and is no whole run', () => {
  const plan = planFrom(['--only', 'fastifySessionMemory,ironSession', '--rounds', '3', '--connections', '4'])
  assert.deepEqual(
    plan.entries.map(({ id }) => id),
    ['bareExpress', 'bareFastify', 'fastifySessionMemory', 'ironSession'],
  )
  assert.deepEqual([plan.rounds, plan.connections, plan.isWhole], [3, [4], false])
  assert.equal(planFrom([]).isWhole, true)
  assert.ok(planFrom([]).rounds >= 5)
})

test('a contestant that is not there is named', () => {
  assert.throws(() => entriesNamed(['latchstringMemroy']), /there is no contestant latchstringMemroy/)
})

test('every bound is about contestants that are there', () => {
  for (const { id, peer } of BOUNDS) assert.ok(entriesNamed([id, peer]).length >= 2)
})
