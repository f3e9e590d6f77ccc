import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecords, parallel } from '../../test/records-support.ts'
import { spyStore } from '../../test/support.ts'
import { LatchstringError } from '../core/errors.ts'
import { systemRandom } from '../core/random.ts'
import type { Store } from '../core/types.ts'
import { memoryStore } from '../stores/memory.ts'
import { type FakeClock, fakeClock } from '../testing/clock.ts'
import { Backoff } from './backoff.ts'
import { Counters } from './counters.ts'
import { type Bucket, Throttle } from './throttle.ts'

const BUCKET: Bucket = { name: 'login', subject: 'ann', max: 10, window: 900_000 }

/** A node whose store a test can switch off. */
class Node {
  readonly clock: FakeClock = fakeClock()
  readonly events: { readonly type: string; readonly error?: unknown }[] = []
  readonly store: Store & { calls: string[] }
  readonly counters: Counters
  readonly throttle: Throttle
  isDown = false

  constructor() {
    const memory = memoryStore()
    const orFail = async <T>(call: () => T | Promise<T>) =>
      this.isDown ? Promise.reject(new Error('down')) : call()
    this.store = spyStore(memory, {
      read: (key) => orFail(() => memory.read(key)),
      write: (row) => orFail(() => memory.write(row)),
    })
    const records = createRecords({ store: this.store, clock: this.clock })
    this.counters = new Counters({ records, emit: (event) => void this.events.push(event) })
    this.throttle = new Throttle(this.counters)
  }

  async admitted(count: number, bucket: Bucket = BUCKET): Promise<number> {
    const admissions = await parallel(count, () => this.throttle.take([bucket]))
    return admissions.filter(({ kind }) => kind === 'admitted').length
  }
}

test('while the store fails a process admits half as many by itself, and never without end (R-08)', async () => {
  const node = new Node()
  node.isDown = true
  assert.equal(await node.admitted(50), 5)
  node.clock.advance(60_000)
  assert.equal(await node.admitted(50), 0)
  assert.equal(await node.admitted(50, { ...BUCKET, max: 1 }), 0)
  assert.equal(await node.admitted(50, { ...BUCKET, subject: 'bob', max: 1 }), 1)
  node.clock.advance(900_000)
  assert.equal(await node.admitted(50), 5)
})

test('an outage is reported once, and again only after the store has answered (R-08, F-05)', async () => {
  const node = new Node()
  node.isDown = true
  for (let minute = 0; minute < 3; minute++) {
    await node.admitted(50)
    node.clock.advance(60_000)
  }
  assert.deepEqual(
    node.events.map(({ type }) => type),
    ['account.throttle_local'],
  )
  assert.ok(node.events[0]?.error instanceof LatchstringError)
  node.isDown = false
  await node.admitted(1)
  node.isDown = true
  await node.admitted(1)
  assert.equal(node.events.length, 2)
})

test('a store that fails is asked once a second and not by every try (R-08)', async () => {
  const node = new Node()
  node.isDown = true
  await node.admitted(1)
  const { length } = node.store.calls
  node.clock.advance(999)
  await node.admitted(20)
  assert.equal(node.store.calls.length, length)
  node.clock.advance(1)
  node.isDown = false
  assert.equal(await node.admitted(50), 10, 'the store has not counted those of the outage')
})

test('a clock that was set back does not keep the store from being asked again', async () => {
  const node = new Node()
  node.isDown = true
  await node.admitted(1)
  node.isDown = false
  node.clock.set(node.clock() - 3_600_000)
  assert.equal(await node.admitted(50), 10)
})

test('a store that fails in the middle of a try refuses or admits, and throws nothing (R-08)', async () => {
  for (let failing = 0; failing < 5; failing++) {
    let calls = 0
    const memory = memoryStore()
    const orFail = async <T>(call: () => T | Promise<T>) =>
      calls++ === failing ? Promise.reject(new Error('down')) : call()
    const store = spyStore(memory, {
      read: (key) => orFail(() => memory.read(key)),
      write: (row) => orFail(() => memory.write(row)),
    })
    const throttle = new Throttle(new Counters({ records: createRecords({ store }), emit: () => {} }))
    const admission = await throttle.take([BUCKET, { ...BUCKET, name: 'wide' }])
    assert.equal(admission.kind, 'admitted', `call ${failing}`)
  }
})

test('what was admitted in an outage is given back where it was counted (R-05, R-08)', async () => {
  const node = new Node()
  node.isDown = true
  const admission = await node.throttle.take([BUCKET])
  assert.ok(admission.kind === 'admitted')
  node.isDown = false
  node.clock.advance(1_000)
  await admission.giveBack()
  assert.equal(await node.admitted(50), 10)
  node.isDown = true
  assert.equal(await node.admitted(50), 5)
})

test('the failures of one account are bounded in an outage too (R-05, R-08)', async () => {
  const node = new Node()
  const backoff = new Backoff({ counters: node.counters, random: systemRandom })
  node.isDown = true
  const states = await parallel(50, () => backoff.take('ann'))
  assert.equal(states.filter(({ kind }) => kind === 'open').length, 5)
  await assert.rejects(backoff.reset('ann'), LatchstringError)
})

test('an error that is not the store\u2019s is not swallowed', async () => {
  const node = new Node()
  await assert.rejects(
    node.counters.run(async (_cells, share) => {
      if (share === 1) throw new TypeError('a mistake')
    }),
    TypeError,
  )
})
