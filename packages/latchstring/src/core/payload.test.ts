import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodePayload, encodePayload, type SessionState } from './payload.ts'

const STATE: SessionState = {
  format: 1,
  id: 'id',
  userIdType: 'number',
  createdAt: 1,
  renewedAt: 1,
  lastSeenAt: 2,
  remember: false,
  authentications: [{ method: 'password', at: 1 }],
  device: { address: '203.0.113.7', userAgent: null },
  successor: { salt: 'salt', acceptedUntil: 9 },
}

test('a payload comes back as it was written, with line breaks inside its texts', () => {
  const state = { ...STATE, device: { address: null, userAgent: 'a\nb\u2028c' } }
  const payload = decodePayload(encodePayload(state, '{"note":"a\\nb"}'))
  assert.deepEqual(payload && { ...payload, state: { ...payload.state } }, {
    state,
    data: '{"note":"a\\nb"}',
  })
})

test('S-08: a payload that the engine did not write is none', () => {
  for (const payload of ['', 'x', '{}', '{}\n{}', 'null\n{}', '[]\n{}', `${JSON.stringify(STATE)}`]) {
    assert.equal(decodePayload(payload), null, payload)
  }
})

test('S-08: a payload with any field missing, of another type or of another format is none', () => {
  for (const name of Object.keys(STATE)) {
    for (const value of [{}, [[]], 'x', true, undefined]) {
      const isStillRight =
        (name === 'id' && value === 'x') ||
        (name === 'remember' && value === true) ||
        (name === 'successor' && value === undefined)
      if (isStillRight) continue
      const broken = `${JSON.stringify({ ...STATE, [name]: value })}\n{}`
      assert.equal(decodePayload(broken), null, broken)
    }
  }
  assert.equal(decodePayload(`${JSON.stringify({ ...STATE, format: 2 })}\n{}`), null)
  assert.equal(decodePayload(`${JSON.stringify({ ...STATE, authentications: [null] })}\n{}`), null)
  assert.equal(
    decodePayload(`${JSON.stringify(STATE).replace('"format"', '"__proto__":{"admin":1},"format"')}\n{}`),
    null,
  )
})

test('S-08: no text makes the decoder throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void decodePayload(text)))
  fc.assert(fc.property(fc.json(), fc.json(), (state, data) => void decodePayload(`${state}\n${data}`)))
})

test('S-08: a payload with a time that no clock shows is none', () => {
  const text = encodePayload(STATE, '{}')
  assert.notEqual(decodePayload(text), null)
  for (const name of ['createdAt', 'renewedAt', 'lastSeenAt', 'at', 'acceptedUntil']) {
    const broken = text.replace(new RegExp(`"${name}":\\d`), `"${name}":1e999`)
    assert.notEqual(broken, text, name)
    assert.equal(decodePayload(broken), null, name)
  }
})

test('S-08: a payload of one line, with null for a part or with half an authentication is none', () => {
  assert.equal(decodePayload(`${JSON.stringify(STATE)}x`), null)
  for (const name of ['authentications', 'device', 'successor', 'isPending']) {
    assert.equal(decodePayload(`${JSON.stringify({ ...STATE, [name]: null })}\n{}`), null, name)
  }
  for (const half of [
    { method: 'password' },
    { at: 1 },
    { method: 5, at: 1 },
    { method: 'password', at: '1' },
  ]) {
    assert.equal(decodePayload(`${JSON.stringify({ ...STATE, authentications: [half] })}\n{}`), null)
  }
  for (const half of [{ salt: 'a' }, { acceptedUntil: 1 }, { salt: 5, acceptedUntil: 1 }]) {
    assert.equal(decodePayload(`${JSON.stringify({ ...STATE, successor: half })}\n{}`), null)
  }
})
