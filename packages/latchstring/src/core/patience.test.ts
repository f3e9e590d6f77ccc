import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeClock, fakeTimers } from '../testing/clock.ts'
import { Patience } from './patience.ts'

const DEADLINE = 1_000

/** A store of which a test decides when it answers. */
function silentStore() {
  const clock = fakeClock()
  const patience = new Patience(DEADLINE, fakeTimers(clock))
  const waiting: PromiseWithResolvers<string>[] = []
  const call = () => {
    const answer = Promise.withResolvers<string>()
    waiting.push(answer)
    return answer.promise
  }
  const askAll = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, () => patience.ask(call)))
  const miss = async (count: number) => {
    const asked = askAll(count)
    clock.advance(DEADLINE)
    assert.ok((await asked).every(({ status }) => status === 'rejected'))
  }
  return { clock, patience, waiting, call, askAll, miss }
}

test('F-01: of a store that has fallen silent one call at a time is asked, the others fail at once', async () => {
  const { clock, patience, waiting, call, askAll, miss } = silentStore()
  await miss(100)
  for (let trials = 1; trials <= 3; trials++) {
    const trial = patience.ask(call)
    const refused = askAll(50)
    assert.equal(waiting.length, 100 + trials)
    assert.ok((await refused).every(({ status }) => status === 'rejected'))
    clock.advance(DEADLINE)
    await assert.rejects(trial, /no answer within 1000 ms/)
  }
  const trial = assert.rejects(patience.ask(call), /no answer within/)
  await assert.rejects(patience.ask(call), /did not answer 100 calls in a row/)
  clock.advance(DEADLINE)
  await trial
})

test('calls that were sent before the store counted as silent make no room for others', async () => {
  const { clock, patience, waiting, call, askAll } = silentStore()
  const first = askAll(100)
  clock.advance(DEADLINE / 2)
  const second = askAll(100)
  clock.advance(DEADLINE / 2)
  await first
  const trial = patience.ask(call)
  clock.advance(DEADLINE / 2)
  await second
  await assert.rejects(patience.ask(call), /another call is trying it/)
  assert.equal(waiting.length, 201)
  waiting.at(-1)?.resolve('here')
  assert.equal(await trial, 'here')
})

test('a store is not silent while it answers now and then', async () => {
  const { clock, patience, waiting, call, askAll, miss } = silentStore()
  for (let round = 0; round < 5; round++) {
    await miss(99)
    const answered = patience.ask(call)
    waiting.at(-1)?.resolve('here')
    assert.equal(await answered, 'here')
  }
  for (let more = 0; more < 2; more++) {
    waiting.length = 0
    const asked = askAll(100)
    for (const answer of waiting) answer.resolve('here')
    assert.ok((await asked).every(({ status }) => status === 'fulfilled'))
    // The time of what was answered is over for good.
    clock.advance(DEADLINE)
  }
})

test('a silent store is asked by everybody again after an answer, even one that comes too late', async () => {
  const { waiting, askAll, miss } = silentStore()
  await miss(100)
  waiting.splice(0).at(0)?.resolve('late')
  await new Promise(setImmediate)
  const asked = askAll(50)
  assert.equal(waiting.length, 50)
  for (const answer of waiting) answer.resolve('here')
  assert.ok((await asked).every(({ status }) => status === 'fulfilled'))
})

test('a silent store stays silent when it fails, now or too late, as connections do that never come about', async () => {
  const { patience, waiting, call, miss } = silentStore()
  await miss(100)
  waiting[0]?.reject(new Error('timeout'))
  await new Promise(setImmediate)
  const trial = assert.rejects(patience.ask(call), /refused/)
  waiting.at(-1)?.reject(new Error('connection refused'))
  await trial
  const next = patience.ask(call)
  await assert.rejects(patience.ask(call), /another call is trying it/)
  waiting.at(-1)?.resolve('here')
  assert.equal(await next, 'here')
})

test('a store that fails at once is not silent', async () => {
  const { clock, patience, waiting, askAll } = silentStore()
  const throwing = () => {
    throw new Error('no pool')
  }
  for (let count = 0; count < 200; count++) await assert.rejects(patience.ask(throwing), /no pool/)
  clock.advance(DEADLINE)
  const asked = askAll(2)
  assert.equal(waiting.length, 2)
  for (const answer of waiting) answer.resolve('here')
  assert.ok((await asked).every(({ status }) => status === 'fulfilled'))
})

test('a trial that fails too late makes no room for a third one beside the second', async () => {
  const { clock, patience, waiting, call, miss } = silentStore()
  await miss(100)
  const first = assert.rejects(patience.ask(call), /no answer within/)
  clock.advance(DEADLINE)
  await first
  const second = patience.ask(call)
  waiting.at(100)?.reject(new Error('connection lost'))
  await new Promise(setImmediate)
  await assert.rejects(patience.ask(call), /another call is trying it/)
  waiting.at(101)?.resolve('here')
  assert.equal(await second, 'here')
})

/** What counts as an answer here is a text. */
const A_TEXT = {
  isAnswer: (answer: unknown) => typeof answer === 'string',
  failure: (cause: unknown) => new Error('unavailable', { cause }),
}

test('what is answered at once is checked, and given on, at once', async () => {
  const { patience } = silentStore()
  assert.equal(
    patience.answerOf(() => 'here', A_TEXT),
    'here',
  )
  const refused = patience.answerOf<unknown>(() => 5, A_TEXT)
  assert.ok(refused instanceof Promise)
  await assert.rejects(refused, /unavailable/)
})

test('what is thrown at once is a rejection', async () => {
  const { patience } = silentStore()
  const thrown = patience.answerOf((): string => {
    throw new Error('no pool')
  }, A_TEXT)
  assert.ok(thrown instanceof Promise)
  await assert.rejects(thrown, /unavailable/)
})

test('promises of any kind are waited for', async () => {
  const { patience } = silentStore()
  // biome-ignore lint/suspicious/noThenProperty: this is what a promise of another library is.
  const own = { then: (resolve: (answer: string) => void) => resolve('here') }
  const answer = patience.answerOf<unknown>(() => own, A_TEXT)
  assert.ok(answer instanceof Promise)
  assert.equal(await answer, 'here')
})

test('an answer at once says nothing of a store behind it that is silent', async () => {
  const { clock, patience, call, miss } = silentStore()
  await miss(100)
  assert.equal(
    patience.answerOf(() => 'remembered', A_TEXT),
    'remembered',
  )
  const trial = assert.rejects(patience.ask(call), /no answer within/)
  await assert.rejects(patience.ask(call), /another call is trying it/)
  clock.advance(DEADLINE)
  await trial
})
