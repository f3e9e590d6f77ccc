import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { fakeClock } from '../../testing/clock.ts'
import { Cookie } from './cookie.ts'
import { MemoryStore } from './memoryStore.ts'

function open(max?: number) {
  const clock = fakeClock()
  const store = new MemoryStore(max === undefined ? { clock } : { clock, max })
  const set = (sid: string, maxAge: number | null = null) =>
    new Promise<unknown>((resolve) => {
      store.set(sid, { cookie: new Cookie({ maxAge }, clock) }, (error) => resolve(error ?? null))
    })
  const count = promisify((callback: (error: unknown, length?: number) => void) => store.length(callback))
  return { clock, store, set, count }
}

suite('MemoryStore', () => {
  test('gives all live sessions by their keys, counts and clears them', async () => {
    const { clock, store, set, count } = open()
    await set('one')
    await set('two', 1_000)
    assert.equal(await count(), 2)
    clock.advance(1_000)
    const all = promisify((callback: (error: unknown, all?: object) => void) => store.all(callback))
    assert.deepEqual(Object.keys((await all()) ?? {}), ['one'])
    store.clear()
    assert.equal(await count(), 0)
  })

  test('refuses a new session when it is full of live ones, and none that it has', async () => {
    const { clock, set } = open(2)
    await set('one', 1_000)
    await set('two')
    assert.match(String(await set('three')), /holds 2 live sessions/)
    assert.equal(await set('two'), null)
    clock.advance(1_000)
    assert.equal(await set('three'), null)
  })

  test('drops what has expired at the next call after a minute', async () => {
    const { clock, store, set } = open()
    for (let sid = 0; sid < 10; sid++) await set(`${sid}`, 1_000)
    clock.advance(60_000)
    store.get('other')
    assert.deepEqual(store.sessions, {})
  })

  test('a touch moves the end of a session that is there, and makes none', async () => {
    const { clock, store, set, count } = open()
    await set('one', 1_000)
    clock.advance(900)
    for (const sid of ['one', 'two']) store.touch(sid, { cookie: new Cookie({ maxAge: 1_000 }, clock) })
    clock.advance(900)
    assert.equal(await count(), 1)
  })
})
