import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fakeClock } from '../../testing/clock.ts'
import { Outbox } from './outbox.ts'

suite('the outbox of development', () => {
  test('shows the mails that were sent, newest first, with their time', async () => {
    const clock = fakeClock()
    const outbox = new Outbox(clock)
    await outbox.send({ to: 'anna@example.test', subject: 'First', text: 'One' })
    clock.advance(1_500)
    await outbox.send({ to: 'bert@example.test', subject: 'Second', text: 'Two' })
    assert.deepEqual(outbox.list(), [
      { to: 'bert@example.test', subject: 'Second', text: 'Two', at: '2026-01-01T00:00:01.500Z' },
      { to: 'anna@example.test', subject: 'First', text: 'One', at: '2026-01-01T00:00:00.000Z' },
    ])
  })

  test('keeps the newest 200', async () => {
    const outbox = new Outbox(fakeClock())
    for (let number = 1; number <= 201; number++) {
      await outbox.send({ to: 'anna@example.test', subject: String(number), text: '' })
    }
    const subjects = outbox.list().map(({ subject }) => subject)
    assert.equal(subjects.length, 200)
    assert.equal(subjects[0], '201')
    assert.equal(subjects[199], '2')
  })
})
