import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, errorWith, logInToken, spyStore, typesOf } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock, fakeTimers } from '../testing/clock.ts'
import { LatchstringError } from './errors.ts'
import { ReliableStore } from './reliableStore.ts'
import { systemTimers } from './timers.ts'
import type { Store } from './types.ts'

const ROW = { key: 'k', userId: null, version: 1, expiresAt: 1, payload: '' }

function reliable(store: Store): ReliableStore {
  return new ReliableStore(store, { timeout: 1_000, timers: systemTimers, emit: () => {} })
}

/** A store that answers every call with the same thing, as a broken driver might. */
function answering(answer: unknown): Store {
  const respond = () => Promise.resolve(JSON.parse(JSON.stringify(answer) ?? 'null'))
  return { read: respond, write: respond, remove: respond, list: respond, purge: respond }
}

test('F-01: a store that does not answer in time fails at the deadline, and its late answer is dropped', async () => {
  const clock = fakeClock()
  let answer: (row: null) => void = () => {}
  const store = spyStore(memoryStore(), { read: () => new Promise((resolve) => (answer = resolve)) })
  const node = createNode({ store, clock, timers: fakeTimers(clock) })
  const opening = node.sessions.open('A'.repeat(43))
  clock.advance(999)
  assert.deepEqual(node.events, [])
  clock.advance(1)
  await assert.rejects(
    async () => opening,
    errorWith('store_unavailable', /at read: no answer within 1000 ms/),
  )
  answer(null)
  assert.deepEqual(typesOf(node.events), ['store.failed'])
})

test('F-01: a store that rejects or throws at once is unavailable, and the cause is kept', async () => {
  const down = new Error('connection refused')
  const throwing = () => {
    throw down
  }
  for (const read of [() => Promise.reject(down), throwing]) {
    const store = reliable(spyStore(memoryStore(), { read }))
    await assert.rejects(
      async () => store.read('k'),
      (error) => error instanceof LatchstringError && error.cause === down,
    )
  }
  await assert.rejects(
    async () => reliable(spyStore(memoryStore(), { read: () => Promise.reject('text') })).read('k'),
    /text/,
  )
})

test('F-01: garbage is no answer', async () => {
  const rows = [
    {},
    'row',
    5,
    [],
    { ...ROW, key: 'other' },
    { ...ROW, version: 1.5 },
    { ...ROW, userId: 5 },
    { ...ROW, payload: null },
  ]
  for (const row of rows)
    await assert.rejects(async () => reliable(answering(row)).read('k'), errorWith('store_unavailable'))
  for (const answer of ['yes', 1, null]) {
    await assert.rejects(reliable(answering(answer)).write(ROW), errorWith('store_unavailable'))
  }
  for (const answer of ['1', 1.5, null]) {
    await assert.rejects(reliable(answering(answer)).remove(['k']), errorWith('store_unavailable'))
  }
  for (const answer of ['1', {}, [null], [{ key: 'k' }]]) {
    await assert.rejects(reliable(answering(answer)).list('ann'), errorWith('store_unavailable', /no answer/))
  }
})

test('an error that a store words itself is passed on', async () => {
  const full = new LatchstringError('store_full', 'no room')
  const node = createNode({ store: spyStore(memoryStore(), { write: () => Promise.reject(full) }) })
  await assert.rejects(logInToken(node), full)
  assert.deepEqual(
    node.events.map((event) => 'error' in event && event.error),
    [full],
  )
})

test('a purge may take longer than a deadline, and reports its failure', async () => {
  const node = createNode({
    store: spyStore(memoryStore(), { purge: () => Promise.reject(new Error('disk')) }),
  })
  await assert.rejects(node.sessions.purge(), errorWith('store_unavailable', /at purge: disk/))
  assert.deepEqual(typesOf(node.events), ['store.failed'])
})

test('what is no store, or no function, is refused at set-up by name', () => {
  for (const store of [null, 5, {}, { read: () => {} }]) {
    assert.throws(
      () => createNode(JSON.parse(JSON.stringify({ store }))),
      errorWith('invalid_option', /store takes a session store/),
    )
  }
  for (const name of ['credentialVersion', 'revokedBefore', 'random']) {
    const options = JSON.parse(JSON.stringify({ [name]: 5 }))
    assert.throws(
      () => createNode(options),
      errorWith('invalid_option', new RegExp(`^${name} takes a function`)),
    )
  }
})

test('F-01: the row of another key is no answer, from the store as past its cache', async () => {
  const cache = Object.assign(answering({ ...ROW, key: 'other' }), {
    readFresh: async () => ({ ...ROW, key: 'other' }),
  })
  await assert.rejects(async () => reliable(cache).read('k'), errorWith('store_unavailable', /no answer/))
  await assert.rejects(reliable(cache).readFresh('k'), errorWith('store_unavailable', /no answer/))
  assert.deepEqual(await reliable(cache).readFresh('other'), { ...ROW, key: 'other' })
})

test('F-05: the failure of each operation is reported under its name', async () => {
  const fail = () => Promise.reject(new Error('down'))
  const seen: unknown[] = []
  const store = new ReliableStore(
    { read: fail, write: fail, remove: fail, list: fail, purge: fail },
    {
      timeout: 1_000,
      timers: systemTimers,
      emit: (event) => void (event.type === 'store.failed' && seen.push(event.operation)),
    },
  )
  const calls = [store.read('k'), store.write(ROW), store.remove(['k']), store.list('ann'), store.purge(0)]
  for (const call of calls) await assert.rejects(async () => call, errorWith('store_unavailable', /down/))
  assert.deepEqual(seen.sort(), ['list', 'purge', 'read', 'remove', 'write'])
})

test('only a store that says so has a cache', async () => {
  const memory = memoryStore()
  const cached = Object.assign(spyStore(memory), { readFresh: (key: string) => memory.read(key) })
  for (const [store, isCached] of [
    [memory, false],
    [JSON.parse('{"readFresh":true}'), false],
    [cached, true],
  ] as const) {
    assert.equal(reliable(store).isCached, isCached)
  }
  const token = await logInToken(createNode({ store: memory }))
  for (const [store, mayBeStale] of [
    [memory, false],
    [cached, true],
  ] as const) {
    const { sessions } = createNode({ store })
    assert.equal(sessions.mayBeStale(await sessions.open(token)), mayBeStale)
    assert.equal(sessions.mayBeStale(sessions.anonymous()), false)
  }
})
