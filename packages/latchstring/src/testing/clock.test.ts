import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fakeClock, fakeTimers } from './clock.ts'

describe('fakeClock', () => {
  test('stands still until it is moved', () => {
    const clock = fakeClock(1_000)
    assert.equal(clock(), 1_000)
    clock.advance(5)
    assert.equal(clock(), 1_005)
    clock.set(10)
    assert.equal(clock(), 10)
    assert.equal(fakeClock()(), Date.UTC(2026, 0, 1))
  })

  test('advance goes forward only', () => {
    const clock = fakeClock(1_000)
    for (const wrong of [-1, Number.NaN]) assert.throws(() => clock.advance(wrong), RangeError)
    assert.equal(clock(), 1_000)
  })
})

describe('fakeTimers', () => {
  test('run once, in the order in which they fall due, each at its own moment', () => {
    const clock = fakeClock(0)
    const timers = fakeTimers(clock)
    const ran: string[] = []
    for (const [name, after] of [
      ['late', 30],
      ['early', 10],
      ['never', 41],
      ['also early', 10],
    ] as const) {
      timers.schedule(() => ran.push(`${name} ${clock()}`), after)
    }
    clock.advance(40)
    assert.deepEqual(ran, ['early 10', 'also early 10', 'late 30'])
    clock.advance(0)
    assert.equal(ran.length, 3)
  })

  test('a timer that was cancelled does not run', () => {
    const clock = fakeClock()
    let runs = 0
    fakeTimers(clock).schedule(() => runs++, 10)()
    clock.advance(100)
    assert.equal(runs, 0)
  })

  test('a timer made by a timer runs in the same advance when it falls due', () => {
    const clock = fakeClock(0)
    const timers = fakeTimers(clock)
    const ran: number[] = []
    timers.schedule(() => timers.schedule(() => ran.push(clock()), 5), 10)
    clock.advance(20)
    assert.deepEqual(ran, [15])
  })

  test('what fell due while the clock was set runs at the next advance', () => {
    const clock = fakeClock(0)
    const ran: number[] = []
    fakeTimers(clock).schedule(() => ran.push(clock()), 10)
    clock.set(50)
    assert.deepEqual(ran, [])
    clock.advance(1)
    assert.deepEqual(ran, [50])
  })

  test('repeat runs again and again until it is cancelled, also by itself', () => {
    const clock = fakeClock(0)
    const timers = fakeTimers(clock)
    const ran: number[] = []
    const stop = timers.repeat(() => {
      ran.push(clock())
      if (ran.length === 4) stop()
    }, 10)
    clock.advance(35)
    assert.deepEqual(ran, [10, 20, 30])
    clock.advance(100)
    assert.deepEqual(ran, [10, 20, 30, 40])
  })
})
