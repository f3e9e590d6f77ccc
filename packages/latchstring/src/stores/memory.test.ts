import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LatchstringError } from '../core/errors.ts'
import type { Row } from '../core/types.ts'
import { testStore } from '../testing/storeContract.ts'
import { type MemoryStoreOptions, memoryStore } from './memory.ts'

testStore(() => memoryStore(), { name: 'memoryStore keeps the store contract' })

function aRow(key: string, changes: Partial<Row> = {}): Row {
  return { key, userId: 'user', version: 1, expiresAt: 1_000, payload: '{}', ...changes }
}

function hasCode(code: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof LatchstringError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
}

describe('memoryStore', () => {
  test('a full store refuses a new session with the fix, and drops none (T88)', async () => {
    const store = memoryStore({ max: 2 })
    assert.equal(await store.write(aRow('a')), true)
    assert.equal(await store.write(aRow('b')), true)
    await assert.rejects(store.write(aRow('c')), hasCode('store_full', /2 sessions.*"max".*sqliteStore/))
    assert.deepEqual(await store.list('user'), [aRow('a'), aRow('b')])
  })

  test('a full store still writes, refuses and removes the rows that it has', async () => {
    const store = memoryStore({ max: 1 })
    await store.write(aRow('a'))
    assert.equal(await store.write(aRow('a', { version: 2 })), true)
    assert.equal(await store.write(aRow('a')), false)
    assert.equal(await store.write(aRow('b', { version: 2 })), false)
    assert.equal(await store.remove(['a']), 1)
    assert.equal(await store.write(aRow('b')), true)
  })

  test('purging makes room in a full store', async () => {
    const store = memoryStore({ max: 1 })
    await store.write(aRow('a'))
    assert.equal(await store.purge(1_000), 1)
    assert.equal(await store.write(aRow('b')), true)
  })

  test('a row is kept as it was when written, whatever becomes of the object', async () => {
    const store = memoryStore()
    const row = { ...aRow('a'), extra: 'not ours' }
    await store.write(row)
    row.userId = 'other'
    assert.deepEqual(await store.read('a'), aRow('a'))
    assert.ok(Object.isFrozen(await store.read('a')))
  })

  test('purge lets the event loop turn between batches of 1,000 rows', async () => {
    const store = memoryStore()
    for (let index = 0; index < 3_500; index++) await store.write(aRow(`key ${index}`))
    let turns = 0
    const count = () => {
      turns++
      turning = setImmediate(count)
    }
    let turning = setImmediate(count)
    assert.equal(await store.purge(1_000), 3_500)
    clearImmediate(turning)
    assert.ok(turns >= 3, `${turns} turns`)
  })

  test('a session that is created while purge runs is not lost', async () => {
    const store = memoryStore()
    for (let index = 0; index < 1_500; index++) await store.write(aRow(`key ${index}`))
    const purged = store.purge(1_000)
    await store.write(aRow('new', { expiresAt: 1_001 }))
    assert.equal(await purged, 1_500)
    assert.deepEqual(await store.list('user'), [aRow('new', { expiresAt: 1_001 })])
  })

  test('an option of the wrong kind is refused by name', () => {
    for (const max of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => memoryStore({ max }), hasCode('invalid_option', /"max".*whole number/))
    }
    const misspelt: object = { maximum: 5 }
    assert.throws(() => memoryStore(misspelt), hasCode('invalid_option', /"maximum".*"max"/))
    const notAnObject: unknown[] = [null, 5]
    for (const options of notAnObject) {
      assert.throws(
        () => Reflect.apply(memoryStore, undefined, [options]),
        hasCode('invalid_option', /object/),
      )
    }
  })

  test('the default maximum is used when max is undefined', async () => {
    const options: MemoryStoreOptions = {}
    assert.equal(await memoryStore(options).write(aRow('a')), true)
  })
})
