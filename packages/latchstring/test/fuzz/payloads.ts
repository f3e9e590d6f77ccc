import assert from 'node:assert/strict'
import { TrackedData } from '../../src/core/data.ts'
import { decodePayload, encodePayload, type SessionState } from '../../src/core/payload.ts'
import { joined, mangled } from './dice.ts'
import type { Target } from './target.ts'

const STATE: SessionState = {
  format: 1,
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  userIdType: 'string',
  createdAt: 1_767_225_600_000,
  renewedAt: 1_767_225_600_000,
  lastSeenAt: 1_767_225_600_000,
  remember: false,
  authentications: [{ method: 'password', at: 1_767_225_600_000 }],
  device: { address: '203.0.113.7', userAgent: 'test' },
}
const PAYLOAD = encodePayload(STATE, '{"username":"anna","cart":[1,2]}')

const FRAGMENTS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\n',
    '\\n',
    '\\u000a',
    'null',
    'true',
    'false',
    '0',
    '-1',
    '1e999',
    '9e15',
  ],
  ...[
    '"__proto__":{"admin":true},',
    '"\\u005f_proto__":{},',
    '"constructor":1,',
    '"format":2',
    '"isPending":true,',
  ],
  ...[
    '"userIdType":"number"',
    '"successor":{"salt":"a","acceptedUntil":9e15},',
    '\0',
    '\ud800',
    '💥',
    '"id":[]',
    '{}\n{}',
  ],
]

export const STORED_PAYLOADS: Target = {
  name: 'stored payloads',
  corpus: [
    PAYLOAD,
    '',
    '\n',
    '{}\n{}',
    PAYLOAD.replace('\n', ''),
    PAYLOAD.replace('{"username"', '{"__proto__":{"admin":true},"username"'),
  ],
  fragments: FRAGMENTS,
  make: (dice) => (dice.once(4) ? joined(dice, FRAGMENTS, 12) : mangled(dice, PAYLOAD, FRAGMENTS)),
  check(text) {
    const payload = decodePayload(text)
    if (payload === null) return
    const { state } = payload
    assert.deepEqual(decodePayload(encodePayload(state, payload.data)), payload)
    for (const moment of [state.createdAt, state.renewedAt, state.lastSeenAt])
      assert.equal(typeof moment, 'number')
    checkData(payload.data)
  },
}

/** Whatever the second line holds: it is data without a prototype, or none. */
function checkData(text: string): void {
  const data = new TrackedData(text)
  assert.equal(Object.getPrototypeOf(data.values), null)
  for (const name of ['__proto__', 'constructor', 'prototype']) assert.equal(data.get(name), undefined)
  assert.equal(data.changes().size, 0)
}
