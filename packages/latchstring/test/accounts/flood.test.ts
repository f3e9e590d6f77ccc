import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import { gate } from '../http/server.ts'
import { compareReads, isUnharmed, LOGINS, startFlooded } from './flood.ts'
import { bound, logIn, startAccounts } from './site.ts'

/** Megabytes. 500 passwords hashed at once would take ten thousand. */
const MOST_GROWTH = 400
const MOST_TRIES = 3
/** Milliseconds by which a busy machine delays many reads of one second and few of another. */
const NOISE = 100

test('while 500 logins come at once those who are logged in read on, and all of them are answered (P-09, T58, Z-16)', async (t) => {
  const site = await startFlooded(t, { waiting: 30 })
  await site.read(500)
  const before = await site.app.memory()
  for (let tries = 1; ; tries++) {
    // Here the middle counts: the nightly run, on a machine of its own, looks at the slowest.
    const compared = await compareReads(site, { count: 3, duration: 1_000, part: 0.5 })
    const { quiet, flooded, answers } = compared
    t.diagnostic(`medians ${quiet.toFixed(1)} and ${flooded.toFixed(1)} ms, ${JSON.stringify(answers)}`)
    for (const { refused, turnedAway, others } of answers) {
      assert.deepEqual(others, [])
      assert.ok(refused > 0 && turnedAway > 0)
      assert.equal(refused + turnedAway, LOGINS)
    }
    if (isUnharmed(compared, NOISE)) break
    assert.ok(tries < MOST_TRIES, 'reads wait for the logins of others')
  }
  const growth = ((await site.app.memory()) - before) / 1e6
  t.diagnostic(`${growth.toFixed(0)} MB more`)
  assert.ok(growth < MOST_GROWTH)
})

test('a login for which there is no room costs neither the store nor users anything (P-09, T58)', async (t) => {
  const [reached, going] = [gate(), gate()]
  const users = memoryUsers()
  let asked = 0
  let isSlow = false
  const slow: Users = {
    ...bound(users),
    findByEmail: async (key) => {
      if (!isSlow) return users.findByEmail(key)
      asked++
      reached.open()
      await going.opened
      return users.findByEmail(key)
    },
  }
  const site = await startAccounts(t, { account: { users: slow, passwords: { parallel: 1, waiting: 1 } } })
  await site.member()
  isSlow = true
  const [first, second] = [logIn(site.browser()), logIn(site.browser())]
  await reached.opened
  const late = await logIn(site.browser())
  assert.deepEqual([late.status, late.headers['retry-after']], [503, '1'])
  assert.equal(asked, 2)
  going.open()
  assert.deepEqual([(await first).status, (await second).status], [200, 200])
})
