import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type CoalesceLimits, coalesce } from './_coalesce.ts'

interface Trip {
  readonly keys: readonly string[]
  /** Answers each key in capitals, but no key that begins with "absent". */
  answer(): void
  fail(error: Error): void
}

/** A server that answers when the test says so. */
function server(limits: Partial<CoalesceLimits> = {}) {
  const trips: Trip[] = []
  const askMany = (keys: readonly string[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<Map<string, string>>()
    trips.push({ keys, answer: () => resolve(capitals(keys)), fail: reject })
    return promise
  }
  const read = coalesce(askMany, { keys: 256, trips: 4, patience: 1_000, ...limits })
  const answerAll = () => {
    for (const trip of trips) trip.answer()
  }
  return { trips, read, answerAll, asked: () => trips.map(({ keys }) => keys.join()) }
}

function capitals(keys: readonly string[]): Map<string, string> {
  const present = keys.filter((key) => !key.startsWith('absent'))
  return new Map(present.map((key) => [key, key.toUpperCase()]))
}

describe('coalesce', () => {
  test('makes one trip of the reads of one turn, and tells each its own answer', async () => {
    const { read, asked, answerAll } = server()
    const keys = Array.from({ length: 32 }, (_, index) => `key ${index}`)
    const answers = keys.map(read)
    await turn()
    assert.deepEqual(asked(), [keys.join()])
    answerAll()
    assert.deepEqual(
      await Promise.all(answers),
      keys.map((key) => key.toUpperCase()),
    )
  })

  test('includes reads that begin later in the turn, in microtasks, ticks and other callbacks', async () => {
    const { read, asked, answerAll } = server()
    const answers = [read('now')]
    await Promise.resolve()
    answers.push(read('microtask'))
    process.nextTick(() => answers.push(read('tick')))
    await turn()
    assert.deepEqual(asked(), ['now,microtask,tick'])
    answerAll()
    assert.deepEqual(await Promise.all(answers), ['NOW', 'MICROTASK', 'TICK'])
  })

  test('lets a lone read go at the end of its turn', async () => {
    const { read, asked, answerAll } = server()
    const answer = read('a')
    await turn()
    assert.deepEqual(asked(), ['a'])
    answerAll()
    assert.equal(await answer, 'A')
  })

  test('asks for a key once, and answers everyone who asked', async () => {
    const { read, asked, answerAll } = server()
    const answers = [read('a'), read('absent'), read('a'), read('absent')]
    await turn()
    assert.deepEqual(asked(), ['a,absent'])
    answerAll()
    assert.deepEqual(await Promise.all(answers), ['A', null, 'A', null])
  })

  test('asks again for a key that is already on its way, as the answer may be older than the read', async () => {
    const { read, asked, answerAll } = server()
    const first = read('a')
    await turn()
    const second = read('a')
    await turn()
    assert.deepEqual(asked(), ['a', 'a'])
    answerAll()
    assert.deepEqual([await first, await second], ['A', 'A'])
  })

  test('splits what is too much for one trip', async () => {
    const { read, asked, answerAll } = server({ keys: 2 })
    const answers = ['a', 'b', 'c', 'd', 'e'].map(read)
    await turn()
    assert.deepEqual(asked(), ['a,b', 'c,d', 'e'])
    answerAll()
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C', 'D', 'E'])
  })

  test('gathers further reads while all trips are under way', async () => {
    const { read, trips, asked, answerAll } = server({ trips: 2 })
    const answers: Promise<string | null>[] = []
    for (const key of ['a', 'b', 'c', 'd']) {
      answers.push(read(key))
      await turn()
    }
    assert.deepEqual(asked(), ['a', 'b'])
    trips[1]?.answer()
    assert.equal(await answers[1], 'B')
    assert.deepEqual(asked(), ['a', 'b', 'c,d'])
    answerAll()
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C', 'D'])
  })

  test('a failing trip rejects each of its reads and no other', async () => {
    const { read, trips } = server({ keys: 2 })
    const answers = ['a', 'b', 'c'].map(read)
    await turn()
    trips[0]?.fail(new Error('broken'))
    trips[1]?.answer()
    const told = await Promise.allSettled(answers)
    assert.deepEqual(
      told.map(({ status }) => status),
      ['rejected', 'rejected', 'fulfilled'],
    )
    const next = read('a')
    await turn()
    trips[2]?.answer()
    assert.equal(await next, 'A', 'the next read is asked as if nothing had happened')
  })

  test('failed trips make room for others', async () => {
    const { read, trips, asked } = server({ trips: 1 })
    const first = read('a')
    await turn()
    const second = read('b')
    trips[0]?.fail(new Error('broken'))
    await assert.rejects(first, /broken/)
    await turn()
    assert.deepEqual(asked(), ['a', 'b'])
    trips[1]?.answer()
    assert.equal(await second, 'B')
  })

  test('an answer that is thrown instead of rejected reaches the reads too', async () => {
    const read = coalesce(() => {
      throw new Error('thrown')
    })
    await assert.rejects(read('a'), /thrown/)
  })

  test('a trip that does not come back holds others up for the patience, and counts once', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { read, trips, asked, answerAll } = server({ trips: 1, patience: 1_000 })
    const answers = [read('a')]
    await turn()
    answers.push(read('b'))
    await turn()
    t.mock.timers.tick(999)
    assert.deepEqual(asked(), ['a'])
    t.mock.timers.tick(1)
    assert.deepEqual(asked(), ['a', 'b'])
    trips[0]?.answer()
    assert.equal(await answers[0], 'A', 'it is answered all the same')
    answers.push(read('c'))
    await turn()
    assert.deepEqual(asked(), ['a', 'b'], 'b is still the one under way')
    trips[1]?.answer()
    await answers[1]
    answerAll()
    assert.deepEqual(asked(), ['a', 'b', 'c'])
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C'])
  })
})
