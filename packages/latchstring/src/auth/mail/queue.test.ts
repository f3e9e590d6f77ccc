import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type FakeClock, fakeClock, fakeTimers } from '../../testing/clock.ts'
import type { Mail, SendMail } from '../types.ts'
import { MailQueue } from './queue.ts'

const mailTo = (to: string): Mail => ({ to, subject: 'Hello', text: 'Hello' })

interface Bench {
  readonly queue: MailQueue
  readonly clock: FakeClock
  readonly begun: string[]
  readonly failures: unknown[]
  /** Moves time, and lets what falls due run. */
  pass(milliseconds: number): Promise<void>
}

function bench(send: SendMail): Bench {
  const clock = fakeClock()
  const begun: string[] = []
  const failures: unknown[] = []
  const queue = new MailQueue({
    send: (mail) => {
      begun.push(mail.to)
      return send(mail)
    },
    onFailure: (error) => void failures.push(error),
    timers: fakeTimers(clock),
  })
  const pass = async (milliseconds: number) => {
    clock.advance(milliseconds)
    await turn()
  }
  return { queue, clock, begun, failures, pass }
}

const broken: SendMail = () => Promise.reject(new Error('no connection'))

suite('a mail', () => {
  test('R-02: is not even begun before the code that asked for it, and a pause, are over', async () => {
    const { queue, begun, pass } = bench(async () => {})
    queue.send(mailTo('anna'))
    await pass(49)
    assert.deepEqual(begun, [])
    await pass(1)
    assert.deepEqual(begun, ['anna'])
  })

  test('R-02: that cannot be sent is tried once more after half a minute, and then given up with its reason', async () => {
    const { queue, begun, failures, pass } = bench(broken)
    queue.send(mailTo('anna'))
    await pass(50)
    await pass(29_999)
    assert.deepEqual(begun, ['anna'])
    assert.deepEqual(failures, [])
    await pass(1)
    assert.deepEqual(begun, ['anna', 'anna'])
    assert.deepEqual(failures.map(String), ['Error: no connection'])
    await pass(1e9)
    assert.equal(begun.length, 2)
  })

  test('R-02: that can be sent the second time has not failed', async () => {
    let tries = 0
    const { queue, failures } = bench(async () => {
      tries++
      if (tries === 1) throw new Error('busy')
    })
    queue.send(mailTo('anna'))
    await queue.settled()
    assert.equal(tries, 2)
    assert.deepEqual(failures, [])
  })

  test('R-02: whose sending never ends is given up after a minute, twice, and keeps nobody else waiting', async () => {
    const { queue, begun, failures, pass } = bench((mail) =>
      mail.to === 'anna' ? new Promise(() => {}) : Promise.resolve(),
    )
    for (let mails = 0; mails < 4; mails++) queue.send(mailTo('anna'))
    queue.send(mailTo('bert'))
    await pass(50)
    assert.deepEqual(begun, ['anna', 'anna', 'anna', 'anna'])
    await pass(60_000)
    assert.equal(begun[4], 'bert')
    await pass(30_000)
    await pass(60_000)
    assert.deepEqual(failures.map(String), Array(4).fill('Error: no answer within 60000 ms'))
  })

  test('R-02: disturbs nobody, whatever the mailer or the listener throws', async () => {
    const queue = new MailQueue({
      send: () => {
        throw new Error('not even a promise')
      },
      onFailure: () => {
        throw new Error('the log is full')
      },
      timers: fakeTimers(fakeClock()),
    })
    for (let mails = 0; mails < 1_001; mails++) queue.send(mailTo('anna'))
    await queue.settled()
  })
})

suite('a queue of mails', () => {
  test('R-09: sends four at once, in the order they came', async () => {
    const finish: (() => void)[] = []
    const { queue, begun, pass } = bench(() => new Promise<void>((resolve) => finish.push(resolve)))
    for (const to of ['a', 'b', 'c', 'd', 'e', 'f']) queue.send(mailTo(to))
    await pass(50)
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    finish[2]?.()
    await pass(0)
    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e'])
    for (const done of finish) done()
    await pass(0)
    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e', 'f'])
  })

  test('R-09: gives up what comes while a thousand others wait, and takes the next one after that', async () => {
    const { queue, begun, failures } = bench(async () => {})
    for (let mails = 0; mails < 1_001; mails++) queue.send(mailTo('anna'))
    assert.deepEqual(failures.map(String), ['Error: a mail was not sent: 1000 others were waiting'])
    await queue.settled()
    assert.equal(begun.length, 1_000)
    queue.send(mailTo('bert'))
    await queue.settled()
    assert.equal(begun[1_000], 'bert')
    assert.equal(failures.length, 1)
  })

  test('R-09: counts what is being sent and what waits for its second try', async () => {
    const { queue, failures, pass } = bench(broken)
    for (let mails = 0; mails < 600; mails++) queue.send(mailTo('anna'))
    await pass(50)
    for (let mails = 0; mails < 401; mails++) queue.send(mailTo('bert'))
    assert.equal(failures.length, 1)
  })

  test('is settled when nothing waits, without a pause, and as often as it is asked', async () => {
    const { queue, begun, failures, pass } = bench(broken)
    await queue.settled()
    queue.send(mailTo('anna'))
    await Promise.all([queue.settled(), queue.settled()])
    await pass(1e9)
    assert.deepEqual(begun, ['anna', 'anna'])
    assert.equal(failures.length, 1)
  })
})
