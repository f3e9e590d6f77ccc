import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createBoundedQueue, QueueFullError } from './boundedQueue.ts'

function createTasks() {
  const started: number[] = []
  const finish: (() => void)[] = []
  const task = (number: number) => () => {
    started.push(number)
    return new Promise<number>((resolve) => finish.push(() => resolve(number)))
  }
  return { started, finish, task }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

suite('a bounded queue', () => {
  test('runs no more tasks at once than it may, in the order they came', async () => {
    const { started, finish, task } = createTasks()
    const run = createBoundedQueue({ parallel: 2, waiting: 10 })
    const results = Promise.all([1, 2, 3, 4].map((number) => run(task(number))))
    await settled()
    assert.deepEqual(started, [1, 2])
    finish[1]?.()
    await settled()
    assert.deepEqual(started, [1, 2, 3])
    finish[0]?.()
    await settled()
    for (const done of finish) done()
    assert.deepEqual(await results, [1, 2, 3, 4])
  })

  test('refuses a task when enough others wait, and takes the next one after that', async () => {
    const { finish, task } = createTasks()
    const run = createBoundedQueue({ parallel: 1, waiting: 1 })
    const accepted = [run(task(1)), run(task(2))]
    await assert.rejects(run(task(3)), QueueFullError)
    finish[0]?.()
    await settled()
    finish[1]?.()
    assert.deepEqual(await Promise.all(accepted), [1, 2])
    assert.equal(await run(async () => 4), 4)
  })

  test('a task that fails gives its place back', async () => {
    const run = createBoundedQueue({ parallel: 1, waiting: 0 })
    await assert.rejects(
      run(() => Promise.reject(new Error('broken'))),
      { message: 'broken' },
    )
    assert.equal(await run(async () => 'next'), 'next')
  })
})
