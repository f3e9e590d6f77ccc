import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createNode, logIn, type Node, spyStore } from '../../test/support.ts'
import { memoryStore } from '../stores/memory.ts'
import { fakeClock } from '../testing/clock.ts'
import type { Arrival, Elsewhere } from './arrival.ts'
import { type TakenOver, takeOver } from './takeOver.ts'
import type { Row } from './types.ts'

const DAY = 86_400_000
const NOBODY = { address: null, userAgent: null }

function elsewhere(changes: Partial<Arrival> = {}): Elsewhere {
  const arrival = {
    userId: 'ann',
    data: '{"a":1}',
    endsAt: null,
    isRolling: false,
    device: NOBODY,
    ...changes,
  }
  return { id: 'id', secrets: ['secret'], read: async () => arrival, end: async () => {} }
}

function nodeWithWindow() {
  const clock = fakeClock()
  return createNode({ clock, takeOverUntil: clock() + DAY })
}

function arrive({ sessions }: Node, session: Elsewhere = elsewhere()): Promise<TakenOver> {
  return sessions.perform((engine) => takeOver(engine, session))
}

/** Why it was refused, or `taken`. */
async function outcomeOf(node: Node, session: Elsewhere = elsewhere()): Promise<string> {
  const taken = await arrive(node, session)
  return taken.kind === 'taken' ? 'taken' : taken.reason
}

/** A node whose store tells what was written to it, and may break after so many writes. */
function watchedNode({ lastWrite = Number.POSITIVE_INFINITY } = {}) {
  const [rows, store, clock] = [new Map<string, Row>(), memoryStore(), fakeClock()]
  const watched = spyStore(store, {
    write: async (row) => {
      if (rows.size >= lastWrite) throw new Error('the store broke')
      rows.set(row.key, row)
      return store.write(row)
    },
  })
  return { node: createNode({ store: watched, clock, takeOverUntil: clock() + DAY }), rows, store }
}

suite('a session that lives elsewhere', () => {
  test('goes on here until the window is over, and not a moment longer', async () => {
    const node = nodeWithWindow()
    node.clock.advance(DAY - 1)
    assert.equal((await arrive(node, { ...elsewhere(), id: 'early' })).kind, 'taken')
    node.clock.advance(1)
    assert.deepEqual(await arrive(node), { kind: 'refused', reason: 'nothing' })
  })

  test('is not taken over where nobody opened a window', async () => {
    assert.equal((await arrive(createNode())).kind, 'refused')
  })

  test('is not taken over without a secret', async () => {
    const taken = await arrive(nodeWithWindow(), { ...elsewhere(), secrets: [] })
    assert.deepEqual(taken, { kind: 'refused', reason: 'nothing' })
  })

  test('keeps its end when its user goes on under a new token without proving anything', async () => {
    const node = nodeWithWindow()
    const { sessions, clock } = node
    const taken = await arrive(node, elsewhere({ endsAt: clock() + DAY }))
    assert.ok(taken.kind === 'taken')
    const { session } = taken
    sessions.logIn(session, { id: 'ann' }, { method: null, remember: true, device: NOBODY })
    await sessions.commit(session)
    assert.equal(sessions.remainingLifetime(session), DAY)
    sessions.logIn(session, { id: 'ann' }, { method: 'password', remember: true, device: NOBODY })
    await sessions.commit(session)
    assert.equal(sessions.remainingLifetime(session), 30 * DAY)
  })

  test('is counted as the first by one of many requests', async () => {
    const node = nodeWithWindow()
    const { events } = node
    const taken = await Promise.all(Array.from({ length: 20 }, () => arrive(node)))
    const tokens = taken.map((outcome) => (outcome.kind === 'taken' ? outcome.session.token : null))
    assert.equal(new Set(tokens).size, 1)
    assert.equal(taken.filter((outcome) => outcome.kind === 'taken' && outcome.isFirst).length, 1)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['session.created'],
    )
  })

  test('is found by its old secret for 30 s, under any of its secrets, and refused from then on', async () => {
    const node = nodeWithWindow()
    assert.equal(await outcomeOf(node), 'taken')
    const again = { ...elsewhere(), secrets: ['another', 'secret'] }
    node.clock.advance(29_999)
    assert.equal(await outcomeOf(node, again), 'taken')
    node.clock.advance(1)
    assert.equal(await outcomeOf(node, again), 'replayed')
  })

  test('is refused under a secret that never led to it', async () => {
    const node = nodeWithWindow()
    await outcomeOf(node)
    assert.equal(await outcomeOf(node, { ...elsewhere(), secrets: ['another'] }), 'ended')
  })

  test('is refused once it has ended here', async () => {
    const node = nodeWithWindow()
    await outcomeOf(node)
    await node.sessions.revokeAll('ann')
    assert.equal(await outcomeOf(node), 'ended')
  })

  test('that is not there is nothing', async () => {
    assert.equal(await outcomeOf(nodeWithWindow(), { ...elsewhere(), read: async () => null }), 'nothing')
  })

  for (const [what, read] of [
    ['has gone', async () => null],
    ['belongs to another user', elsewhere({ userId: 'bob' }).read],
    ['is a visitor', elsewhere({ userId: null }).read],
  ] as const) {
    test(`that ${what} by the time it is settled is nothing, and leaves no row`, async () => {
      const { node, store } = watchedNode({ lastWrite: 2 })
      await assert.rejects(arrive(node), /the store broke/)
      assert.equal((await store.list('ann')).length, 1)
      const next = createNode({ store, clock: node.clock, takeOverUntil: node.clock() + DAY })
      assert.equal(await outcomeOf(next, { ...elsewhere(), read }), 'nothing')
      assert.equal((await store.list('ann')).length, 0)
    })
  }

  for (const how of ['revokeAll', 'revokeOthers'] as const) {
    test(`is refused after ${how} of its user, and of nobody else`, async () => {
      const node = nodeWithWindow()
      const { id } = await logIn(node)
      await node.sessions[how]('ann', id ?? '')
      assert.equal(await outcomeOf(node), 'revoked')
      assert.equal((await node.sessions.list('ann')).length, how === 'revokeAll' ? 0 : 1)
      assert.equal(await outcomeOf(node, { ...elsewhere({ userId: 'bob' }), id: 'of bob' }), 'taken')
      assert.equal(await outcomeOf(node, { ...elsewhere({ userId: null }), id: 'of a visitor' }), 'taken')
    })
  }

  test('is refused once all sessions were revoked: nobody knows how old it is', async () => {
    const clock = fakeClock()
    let revokedBefore = 0
    const node = createNode({
      clock,
      takeOverUntil: clock() + DAY,
      revokedBefore: () => revokedBefore,
    })
    assert.equal(await outcomeOf(node), 'taken')
    revokedBefore = 1
    assert.equal(await outcomeOf(node, { ...elsewhere(), id: 'other' }), 'revoked')
  })

  test('leaves nothing behind for a user whose sessions are revoked outside the window', async () => {
    const { node, rows } = watchedNode()
    node.clock.advance(DAY - 1)
    await node.sessions.revokeAll('ann')
    assert.equal(rows.size, 1)
    node.clock.advance(1)
    await node.sessions.revokeAll('bob')
    assert.equal(rows.size, 1)
  })

  test('stays refused for 30 days after the window, in case it is opened again', async () => {
    const { node, store } = watchedNode()
    const { clock, sessions } = node
    await outcomeOf(node)
    await sessions.revokeAll('bob')
    const later = createNode({ store, clock, takeOverUntil: clock() + 90 * DAY })
    clock.advance(31 * DAY - 1)
    await later.sessions.purge()
    assert.equal(await outcomeOf(later), 'ended')
    const ofBob = { ...elsewhere({ userId: 'bob' }), id: 'of bob' }
    assert.equal(await outcomeOf(later, ofBob), 'revoked')
    clock.advance(1)
    await later.sessions.purge()
    assert.equal(await outcomeOf(later), 'taken')
  })

  test('is refused when the row that says who took it over cannot be read', async () => {
    for (const payload of ['', '[]', '{}', '{"takenOver":1}', '{"takenOver":{"salt":1,"key":"a"}}']) {
      const { node, rows, store } = watchedNode()
      await outcomeOf(node)
      const claim = [...rows.values()].find((row) => row.payload.startsWith('{"takenOver"'))
      assert.ok(claim)
      await store.write({ ...claim, version: claim.version + 1, payload })
      assert.equal(await outcomeOf(node), 'ended', payload)
    }
  })
})
