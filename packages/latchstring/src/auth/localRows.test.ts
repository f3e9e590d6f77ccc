import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalRows } from './localRows.ts'
import type { Draft } from './recordRows.ts'

const DRAFT: Draft = { userId: null, expiresAt: 1, payload: 'x' }

async function fill(rows: LocalRows, name: string, meanwhile: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < 12_000; index++) {
    await rows.change(`${name} ${index}`, () => DRAFT)
    if (index % 1_000 === 0) await meanwhile()
  }
}

test('a process remembers a bounded number of rows, those used last for longest (R-08)', async () => {
  const rows = new LocalRows()
  await rows.change('read', () => DRAFT)
  await rows.change('changed', () => DRAFT)
  await rows.change('kept', () => DRAFT)
  await fill(rows, 'one', async () => {
    await rows.read('read')
    await rows.change('changed', () => DRAFT)
  })
  assert.equal((await rows.read('read'))?.version, 1)
  assert.equal((await rows.read('changed'))?.version, 13)
  assert.equal(await rows.read('kept'), null)
  assert.equal(await rows.read('one 0'), null)
  await fill(rows, 'other', async () => {})
  assert.equal(await rows.read('read'), null)
  assert.equal(await rows.read('changed'), null)
})

test('what stays as it is keeps its version', async () => {
  const rows = new LocalRows()
  assert.deepEqual(await rows.change('a', () => null), { before: null, after: null })
  const { after } = await rows.change('a', () => DRAFT)
  assert.deepEqual(await rows.change('a', () => null), { before: after, after })
})
