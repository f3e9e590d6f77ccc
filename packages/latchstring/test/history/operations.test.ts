import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Operation, staleAcceptances, survivors } from './operations.ts'

function operation(changes: Partial<Operation>): Operation {
  const times = { sentAt: 1n, answeredAt: 2n }
  return { kind: 'use', userId: 'u', sessionId: 's', isAccepted: true, key: null, ...times, ...changes }
}

const LOGIN = operation({ kind: 'login' })

test('the checker finds a use that was sent after an acknowledged end and accepted', () => {
  const end = operation({ kind: 'log out', sentAt: 3n, answeredAt: 5n })
  const late = operation({ sentAt: 6n, answeredAt: 7n })
  assert.deepEqual(staleAcceptances([LOGIN, end, late]), [{ accepted: late, ended: end }])
})

test('the checker finds one that survived revokeAll', () => {
  const end = operation({ kind: 'revokeAll', sessionId: null, sentAt: 3n, answeredAt: 5n })
  const late = operation({ sentAt: 6n, answeredAt: 7n })
  assert.equal(staleAcceptances([LOGIN, end, late]).length, 1)
})

test('the checker accepts what was sent before the end was acknowledged, refused, or about another session', () => {
  const end = operation({ kind: 'revoke', sentAt: 3n, answeredAt: 5n })
  const fine = [
    operation({ sentAt: 4n, answeredAt: 9n }),
    operation({ sentAt: 6n, answeredAt: 7n, isAccepted: false }),
    operation({ sentAt: 6n, answeredAt: 7n, sessionId: 'other' }),
  ]
  const unacknowledged = operation({ kind: 'log out', sessionId: 'other', isAccepted: false })
  const later = operation({ kind: 'login', sessionId: 'other', sentAt: 4n, answeredAt: 6n })
  const revokeAll = operation({ kind: 'revokeAll', sessionId: null, sentAt: 5n, answeredAt: 6n })
  assert.deepEqual(staleAcceptances([LOGIN, end, unacknowledged, later, revokeAll, ...fine]), [])
})

test('survivors are the sessions that nothing tried to end, with their acknowledged keys', () => {
  const history = [
    LOGIN,
    operation({ key: 'a' }),
    operation({ key: 'b' }),
    operation({ kind: 'login', sessionId: 'ended' }),
    operation({ kind: 'revoke', sessionId: 'ended', isAccepted: false }),
    operation({ kind: 'login', sessionId: 'x', userId: 'gone' }),
    operation({ kind: 'revokeAll', sessionId: null, userId: 'gone' }),
  ]
  assert.deepEqual([...survivors(history)], [['s', ['a', 'b']]])
})
