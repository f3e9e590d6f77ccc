import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodePayload, type SessionState } from './payload.ts'
import { RecentPayloads } from './recentPayloads.ts'

const STATE: SessionState = {
  format: 1,
  id: 'session',
  userIdType: null,
  createdAt: 1,
  renewedAt: 1,
  lastSeenAt: 1,
  remember: false,
  authentications: [],
  device: { address: null, userAgent: null },
}

function payloadOf(lastSeenAt: number): string {
  return encodePayload({ ...STATE, lastSeenAt }, '{"a":1}')
}

test('a payload is parsed once for as long as it is the same', () => {
  const recent = new RecentPayloads()
  const first = recent.decode('k', payloadOf(1))
  assert.deepEqual(first?.state, STATE)
  assert.equal(recent.decode('k', payloadOf(1)), first)
})

test('what a payload said before is never taken for what it says now', () => {
  const recent = new RecentPayloads()
  for (const lastSeenAt of [1, 2, 1, 3])
    assert.equal(recent.decode('k', payloadOf(lastSeenAt))?.state.lastSeenAt, lastSeenAt)
  assert.equal(recent.decode('other', payloadOf(4))?.state.lastSeenAt, 4)
})

test('a payload that cannot be read is not remembered as one that can', () => {
  const recent = new RecentPayloads()
  assert.notEqual(recent.decode('k', payloadOf(1)), null)
  assert.equal(recent.decode('k', 'garbage'), null)
  assert.equal(recent.decode('k', 'garbage'), null)
})

test('no more is remembered than the limit allows', () => {
  const length = payloadOf(1).length
  const recent = new RecentPayloads(4 * length)
  const first = recent.decode('0', payloadOf(1))
  for (let key = 1; key <= 3; key++) recent.decode(`${key}`, payloadOf(1))
  assert.equal(recent.decode('0', payloadOf(1)), first)
  recent.decode('4', payloadOf(1))
  assert.notEqual(recent.decode('0', payloadOf(1)), first)
})
