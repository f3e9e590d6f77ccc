import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, NotingStore, parallel, testOnStores } from '../../test/records-support.ts'
import { createNode, errorWith, spyStore } from '../../test/support.ts'
import { decodePayload } from '../core/payload.ts'
import type { Row, Store } from '../core/types.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import { ownerOf, type RecordKind, recordKey } from './recordRows.ts'
import type { Changed, Decide, Records } from './records.ts'

const COUNT: RecordKind<number> = { name: 'count', isValue: (value) => typeof value === 'number' }
const OTHER: RecordKind<number> = { name: 'other', isValue: (value) => typeof value === 'number' }
const OWNER = ownerOf(COUNT, 'ann')
const LATER = fakeClock()() + 60_000

const addOne: Decide<number> = (count) => ({ value: (count ?? 0) + 1, expiresAt: LATER })

/** What a change was from and to. */
async function changed(change: Promise<Changed<number>>): Promise<Omit<Changed<number>, 'again'>> {
  const { before, after } = await change
  return { before, after }
}

function put(records: Records, value: number): Promise<unknown> {
  return records.change(COUNT, 'name', () => ({ value, expiresAt: LATER, owner: OWNER }))
}

testOnStores('a record is there until it expires', async ({ records, clock }) => {
  assert.equal(await records.read(COUNT, 'name'), null)
  await put(records, 5)
  clock.set(LATER - 1)
  assert.equal(await records.read(COUNT, 'name'), 5)
  assert.equal((await records.list(COUNT, OWNER)).length, 1)
  clock.set(LATER)
  assert.equal(await records.read(COUNT, 'name'), null)
  assert.equal(await records.take(COUNT, 'name'), null)
  assert.deepEqual(await records.list(COUNT, OWNER), [])
})

testOnStores('a record that has expired makes room for a new one', async ({ records, clock }) => {
  await put(records, 5)
  clock.set(LATER)
  const { before, after } = await records.change(COUNT, 'name', (count) => ({
    value: count ?? 1,
    expiresAt: LATER + 1,
  }))
  assert.deepEqual([before, after], [null, 1])
  assert.equal(await records.read(COUNT, 'name'), 1)
})

testOnStores('a record keeps its owner, and is gone when it is removed', async ({ records }) => {
  await put(records, 5)
  await records.change(COUNT, 'name', addOne)
  assert.deepEqual(
    (await records.list(COUNT, OWNER)).map(({ value }) => value),
    [6],
  )
  assert.deepEqual(await changed(records.change(COUNT, 'name', () => 'remove')), { before: 6, after: null })
  assert.equal(await records.read(COUNT, 'name'), null)
  assert.deepEqual(await records.list(COUNT, OWNER), [])
})

testOnStores('removing what is not there writes nothing', async ({ records, store }) => {
  assert.deepEqual(await changed(records.change(COUNT, 'name', () => 'remove')), {
    before: null,
    after: null,
  })
  assert.equal(await store.read(recordKey(COUNT, 'name')), null)
})

testOnStores('a change on its way does not bring a removed record back (S-13)', async ({ store, clock }) => {
  const [one, other] = [createRecords({ store, clock }), createRecords({ store, clock })]
  await put(one, 5)
  const found = await one.find(COUNT, 'name')
  await other.change(COUNT, 'name', () => 'remove')
  const late = await changed(
    found.change((count) => (count === null ? 'keep' : { value: 9, expiresAt: LATER })),
  )
  assert.deepEqual(late, { before: null, after: null })
})

testOnStores('a record of one kind is unknown to every other kind (S-25)', async ({ records }) => {
  await put(records, 5)
  assert.equal(await records.read(OTHER, 'name'), null)
  assert.deepEqual(await records.list(OTHER, OWNER), [])
  await records.change(OTHER, 'name', addOne)
  assert.deepEqual([await records.read(COUNT, 'name'), await records.read(OTHER, 'name')], [5, 1])
})

test('no record is a session, and no token of a record opens one (S-25)', async () => {
  const store = new NotingStore()
  const records = createRecords({ store })
  const token = await records.issue(COUNT, { value: 5, expiresAt: LATER, owner: OWNER })
  const node = createNode({ store })
  assert.equal((await node.sessions.open(token)).id, null)
  assert.deepEqual(await node.sessions.list('ann'), [])
  for (const row of store.rows) assert.equal(decodePayload(row.payload), null)
})

test('no key tells the kind or the name of a record, nor a token (S-02)', async () => {
  const store = new NotingStore()
  const records = createRecords({ store })
  await records.change(COUNT, 'ann@example.org', () => ({ value: 1, expiresAt: LATER }))
  const token = await records.issue(COUNT, { value: 5, expiresAt: LATER })
  for (const { key } of store.rows) assert.match(key, /^[A-Za-z0-9_-]{43}$/)
  assert.doesNotMatch(JSON.stringify(store.rows), /ann@example/)
  assert.equal(JSON.stringify(store.rows).includes(token), false)
})

test('what is stored and no value of its kind counts as absent, and is replaced (S-08)', async () => {
  const payloads = [
    '',
    'null',
    '{',
    '[]',
    '{}',
    '{"record":"count"}',
    '{"record":"other","value":5}',
    '{"record":"count","value":"5"}',
    '{"record":"count","value":5,"__proto__":{"value":6}}',
  ]
  for (const payload of payloads) {
    const store = memoryStore()
    const records = createRecords({ store })
    const key = recordKey(COUNT, 'name')
    await store.write({ key, userId: OWNER, version: 1, expiresAt: LATER, payload })
    assert.equal(await records.read(COUNT, 'name'), null, payload)
    assert.equal(await records.take(COUNT, 'name'), null, payload)
    assert.deepEqual(await records.list(COUNT, OWNER), [], payload)
    assert.deepEqual(
      await changed(records.change(COUNT, 'name', addOne)),
      { before: null, after: 1 },
      payload,
    )
  }
})

testOnStores('100 parallel changes by two processes are all made (F-09)', async ({ store, clock }) => {
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  const each = processes.map((records) => parallel(50, () => records.change(COUNT, 'name', addOne)))
  const seen = (await Promise.all(each)).flat().map(({ after }) => after)
  assert.deepEqual(
    seen.sort((one, other) => Number(one) - Number(other)),
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  assert.equal(await processes[0]?.read(COUNT, 'name'), 100)
})

test('changes of one record that gather in a process share a write', async () => {
  const store = spyStore(memoryStore())
  const records = createRecords({ store })
  await parallel(500, () => records.change(COUNT, 'name', addOne))
  assert.deepEqual(store.calls, ['read', 'write', 'write'])
  assert.equal(await records.read(COUNT, 'name'), 500)
})

test('a record that was found is changed without another read', async () => {
  const store = spyStore(memoryStore())
  const records = createRecords({ store })
  const found = await records.find(COUNT, 'name')
  await found.change(addOne)
  assert.deepEqual(store.calls, ['read', 'write'])
})

test('that a record stays as it is is never said of an old one', async () => {
  const store = memoryStore()
  const [one, other] = [createRecords({ store }), createRecords({ store })]
  await put(one, 5)
  const found = await one.find(COUNT, 'name')
  await put(other, 6)
  assert.deepEqual(await changed(found.change(() => 'keep')), { before: 6, after: 6 })
})

test('a record that this process has left is changed further without a read', async () => {
  const store = spyStore(memoryStore())
  const records = createRecords({ store })
  const { again } = await records.change(COUNT, 'name', addOne)
  const { before, after, again: onceMore } = await again(addOne)
  assert.deepEqual([before, after], [1, 2])
  await onceMore(() => 'remove')
  assert.deepEqual(store.calls, ['read', 'write', 'write', 'write'])
})

test('a record that others have changed meanwhile is changed further from where they left it', async () => {
  const store = memoryStore()
  const [one, other] = [createRecords({ store }), createRecords({ store })]
  const { again } = await one.change(COUNT, 'name', addOne)
  await other.change(COUNT, 'name', addOne)
  assert.deepEqual(await changed(again(addOne)), { before: 2, after: 3 })
})

testOnStores('100 parallel guesses of how a record was left are all made good (F-09)', async (place) => {
  const { store, clock } = place
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  for (let round = 1; round <= 4; round++) {
    const each = processes.map((records) => parallel(50, () => records.changeAsLeft(COUNT, 'name', addOne)))
    await Promise.all(each)
    assert.equal(await processes[0]?.read(COUNT, 'name'), round * 100)
  }
})

test('a guess that is right costs one write, and one that is wrong no more than a look', async () => {
  const store = memoryStore()
  const spy = spyStore(store)
  const [one, other] = [createRecords({ store: spy }), createRecords({ store })]
  const count: Decide<number> = (value) => ({ value: (value ?? 0) + 1, expiresAt: LATER + 60_000 })
  const callsOf = async (decide: Decide<number>) => {
    spy.calls.length = 0
    await one.changeAsLeft(COUNT, 'name', decide)
    return spy.calls
  }
  assert.deepEqual(await callsOf(count), ['read', 'write'], 'there was none')
  assert.deepEqual(await callsOf(count), ['read', 'write'], 'it was as it was left')
  await other.change(COUNT, 'name', addOne)
  assert.deepEqual(await callsOf(count), ['read', 'write', 'write'], 'somebody else has changed it')
  assert.deepEqual(await callsOf(() => 'keep'), ['read'])
  assert.equal(await one.read(COUNT, 'name'), 4)
})

test('a record that is changed further begins where this process has left it since', async () => {
  const store = spyStore(memoryStore())
  const records = createRecords({ store })
  const count: Decide<number> = (value) => ({ value: (value ?? 0) + 1, expiresAt: LATER + 60_000 })
  const { again } = await records.changeAsLeft(COUNT, 'name', count)
  await records.changeAsLeft(COUNT, 'name', count)
  store.calls.length = 0
  assert.deepEqual(await changed(again(count)), { before: 2, after: 3 })
  assert.deepEqual(store.calls, ['write'])
})

test('what a guess says of a record is never an old answer', async () => {
  const store = memoryStore()
  const [one, other] = [createRecords({ store }), createRecords({ store })]
  await one.changeAsLeft(COUNT, 'name', addOne)
  await put(other, 6)
  assert.deepEqual(await changed(one.changeAsLeft(COUNT, 'name', () => 'keep')), { before: 6, after: 6 })
})

test('no guess is made of a record that may have been purged and made anew (R-05, F-09)', async () => {
  const [store, clock] = [memoryStore(), fakeClock()]
  const [one, other] = [createRecords({ store, clock }), createRecords({ store, clock })]
  const end = clock() + 120_000
  const count =
    (expiresAt: number): Decide<number> =>
    (value) => ({ value: (value ?? 0) + 1, expiresAt })
  for (let changes = 0; changes < 3; changes++) await one.changeAsLeft(COUNT, 'name', count(end))
  clock.set(end)
  await store.purge(clock())
  for (let changes = 0; changes < 3; changes++) await other.changeAsLeft(COUNT, 'name', count(end + 120_000))
  const late = one.changeAsLeft(COUNT, 'name', count(end + 120_000))
  assert.deepEqual(await changed(late), { before: 3, after: 4 })
})

test('a record is not guessed to be as it was left shortly before others may purge it (F-09)', async () => {
  const [store, clock] = [memoryStore(), fakeClock()]
  const [one, other] = [createRecords({ store, clock }), createRecords({ store, clock })]
  const end = clock() + 120_000
  const count: Decide<number> = (value) => ({ value: (value ?? 0) + 1, expiresAt: end })
  await one.changeAsLeft(COUNT, 'name', count)
  clock.set(end - 30_000)
  await store.purge(end + 1)
  await other.change(COUNT, 'name', (value) => ({ value: (value ?? 0) + 7, expiresAt: end + 1 }))
  assert.deepEqual(await changed(one.changeAsLeft(COUNT, 'name', count)), { before: 7, after: 8 })
})

testOnStores('of 100 who take a record exactly one gets it (E-02, F-09)', async ({ store, clock }) => {
  const processes = [createRecords({ store, clock }), createRecords({ store, clock })]
  await Promise.all(processes.slice(1).map((records) => put(records, 5)))
  const each = processes.map((records) => parallel(50, () => records.take(COUNT, 'name')))
  const taken = (await Promise.all(each)).flat().filter((value) => value !== null)
  assert.deepEqual(taken, [5])
})

testOnStores('all that an owner has is removed', async ({ records }) => {
  await parallel(20, (value) => records.issue(COUNT, { value, expiresAt: LATER, owner: OWNER }))
  await records.issue(COUNT, { value: 1, expiresAt: LATER, owner: ownerOf(COUNT, 'bob') })
  await records.removeAll(OWNER)
  assert.deepEqual(await records.list(COUNT, OWNER), [])
  assert.equal((await records.list(COUNT, ownerOf(COUNT, 'bob'))).length, 1)
})

test('what appears while an owner is emptied is removed too, and not for ever', async () => {
  const rows: Row[] = [{ key: 'k', userId: OWNER, version: 1, expiresAt: LATER, payload: '' }]
  const answers = [rows, rows, []]
  const patient = spyStore(memoryStore(), { list: async () => answers.shift() ?? [] })
  await createRecords({ store: patient }).removeAll(OWNER)
  assert.deepEqual(patient.calls, ['list', 'remove', 'list', 'remove', 'list'])
  const endless = spyStore(memoryStore(), { list: async () => rows })
  await assert.rejects(createRecords({ store: endless }).removeAll(OWNER), errorWith('conflict'))
})

test('a store that fails fails those who wait as well, and they may try again (F-01)', async () => {
  let isDown = true
  const memory = memoryStore()
  const write: Store['write'] = (row) => (isDown ? Promise.reject(new Error('down')) : memory.write(row))
  const store = spyStore(memory, { write })
  const records = createRecords({ store })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => records.change(COUNT, 'name', addOne)),
  )
  assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  assert.deepEqual(store.calls, ['read', 'write'], 'nobody waits for a deadline of their own')
  isDown = false
  assert.deepEqual(await changed(records.change(COUNT, 'name', addOne)), { before: null, after: 1 })
})

test('a record that others never stop changing is a conflict', async () => {
  const records = createRecords({ store: spyStore(memoryStore(), { write: async () => false }) })
  await assert.rejects(records.change(COUNT, 'name', addOne), errorWith('conflict'))
})

test('a token that exists already is never overwritten (S-04)', async () => {
  const records = createRecords({ random: (size) => new Uint8Array(size) })
  const token = await records.issue(COUNT, { value: 1, expiresAt: LATER })
  await assert.rejects(records.issue(COUNT, { value: 2, expiresAt: LATER }), errorWith('conflict', /random/))
  assert.equal(await records.read(COUNT, token), 1)
})

test('records are read past a cache', async () => {
  const memory = memoryStore()
  const read = () => Promise.reject(new Error('the cache was asked'))
  const store = Object.assign(spyStore(memory, { read }), { readFresh: (key: string) => memory.read(key) })
  const records = createRecords({ store })
  await records.change(COUNT, 'name', addOne)
  assert.equal(await records.read(COUNT, 'name'), 1)
  assert.equal(await records.take(COUNT, 'name'), 1)
})
