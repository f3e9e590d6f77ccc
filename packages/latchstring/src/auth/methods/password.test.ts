import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../core/random.ts'
import { systemTimers } from '../../core/timers.ts'
import { memoryUsers } from '../../users/memory.ts'
import { Passwords, type Verification } from '../passwords/passwords.ts'
import type { Attempt } from '../types.ts'
import { password } from './password.ts'

class CountingPasswords extends Passwords {
  verified = 0

  override async verify(): Promise<Verification> {
    this.verified++
    return { matches: false, needsRehash: false }
  }
}

function attempt(isAdmitted: boolean): Attempt & { readonly begun: string[] } {
  const begun: string[] = []
  return {
    begun,
    now: 0,
    device: { address: null, userAgent: null },
    userId: 1,
    begin: async ({ identifier }) => {
      begun.push(identifier)
      return isAdmitted
    },
  }
}

const REFUSED = { kind: 'refused', code: 'invalid_credentials' }

for (const action of ['login', 'confirm']) {
  test(`a try too many to ${action} is refused before any password is hashed (R-05, P-09)`, async () => {
    const passwords = new CountingPasswords({ random: systemRandom, timers: systemTimers })
    const run = password({ users: memoryUsers(), passwords }).actions[action]
    assert.ok(run)
    const input = { identifier: 'anna@example.com', password: 'correct horse battery staple' }
    const [refused, admitted] = [attempt(false), attempt(true)]
    assert.deepEqual(await run(input, refused), REFUSED)
    assert.deepEqual([refused.begun.length, passwords.verified], [1, 0])
    assert.deepEqual(await run(input, admitted), REFUSED)
    assert.deepEqual([admitted.begun.length, passwords.verified], [1, 1])
  })
}
