import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { errorWith } from '../../../test/support.ts'
import { fakeClock, fakeTimers } from '../../testing/clock.ts'
import { Queue } from './queue.ts'

/** A queue with a clock of its own, and tasks that end when they are told. */
function aQueue(limits: { parallel: number; waiting: number }) {
  const clock = fakeClock()
  const queue = new Queue({ ...limits, longestWait: 5_000, timers: fakeTimers(clock) })
  const started: number[] = []
  const endings = new Map<number, () => void>()
  const task = (id: number) => () => {
    started.push(id)
    return new Promise<number>((resolve) => endings.set(id, () => resolve(id)))
  }
  const end = async (id: number) => {
    endings.get(id)?.()
    await settled()
  }
  return { queue, clock, started, task, end }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const refusal = errorWith('overloaded', /try again/)

suite('the queue of hashes', () => {
  test('runs no more at once than it may, in the order they came (P-09)', async () => {
    const { queue, started, task, end } = aQueue({ parallel: 2, waiting: 10 })
    const results = Promise.all([1, 2, 3, 4].map((id) => queue.run(task(id))))
    await settled()
    assert.deepEqual(started, [1, 2])
    await end(2)
    assert.deepEqual(started, [1, 2, 3])
    await end(1)
    assert.deepEqual(started, [1, 2, 3, 4])
    await end(3)
    await end(4)
    assert.deepEqual(await results, [1, 2, 3, 4])
  })

  test('refuses at once what finds enough others waiting, and takes the next after that (P-09)', async () => {
    const { queue, task, end } = aQueue({ parallel: 1, waiting: 1 })
    const accepted = [queue.run(task(1)), queue.run(task(2))]
    await assert.rejects(queue.run(task(3)), refusal)
    await end(1)
    await end(2)
    assert.deepEqual(await Promise.all(accepted), [1, 2])
    assert.equal(await queue.run(async () => 4), 4)
  })

  test('refuses what has waited too long, and never begins it (P-09)', async () => {
    const { queue, clock, started, task, end } = aQueue({ parallel: 1, waiting: 2 })
    const first = queue.run(task(1))
    const late = queue.run(task(2))
    clock.advance(1)
    const inTime = queue.run(task(3))
    clock.advance(4_999)
    await assert.rejects(late, refusal)
    await end(1)
    assert.deepEqual(started, [1, 3])
    await end(3)
    assert.deepEqual(await Promise.all([first, inTime]), [1, 3])
  })

  test('gives up nothing that has begun: its place is free when it has ended (P-09)', async () => {
    const { queue, clock, started, task, end } = aQueue({ parallel: 1, waiting: 1 })
    const waited = queue.run(task(1))
    clock.advance(60_000)
    const next = queue.run(task(2))
    await settled()
    assert.deepEqual(started, [1])
    await end(1)
    clock.advance(60_000)
    await end(2)
    assert.deepEqual(await Promise.all([waited, next]), [1, 2])
  })

  test('leaves no timer behind when a turn has come', async () => {
    const pending = new Set<() => void>()
    const schedule = (run: () => void) => {
      pending.add(run)
      return () => void pending.delete(run)
    }
    const timers = { schedule, repeat: schedule }
    const queue = new Queue({ parallel: 1, waiting: 5, longestWait: 5_000, timers })
    const runs = [1, 2, 3].map((id) => queue.run(async () => id))
    assert.equal(pending.size, 2)
    assert.deepEqual(await Promise.all(runs), [1, 2, 3])
    assert.equal(pending.size, 0)
  })

  test('gets the place back of a task that fails, at once or later', async () => {
    const { queue } = aQueue({ parallel: 1, waiting: 0 })
    const failing = [
      () => Promise.reject(new Error('broken')),
      () => {
        throw new Error('broken')
      },
    ]
    for (const task of failing) await assert.rejects(queue.run(task), /broken/)
    assert.equal(await queue.run(async () => 'next'), 'next')
  })
})
