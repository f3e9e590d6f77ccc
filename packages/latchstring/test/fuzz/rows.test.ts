import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode, logInToken } from '../support.ts'
import { Dice } from './dice.ts'
import { STORED_PAYLOADS } from './payloads.ts'
import { prototypeKeys } from './target.ts'

const { SEED: seed = String(Date.now()), ROWS = '3000' } = process.env
const USERS = [null, 'ann', 'bob', '7', '-0', 'latchstring/x', '']

test(`${ROWS} spoiled rows open no session of anybody else and stop nobody's request, SEED=${seed} (S-08, S-25)`, async () => {
  const node = createNode({ maxSessionsPerUser: 1_000_000 })
  const before = prototypeKeys()
  const dice = new Dice(`${seed}/rows`)
  const token = await logInToken(node, { userId: 'ann' })
  const [row] = await node.store.list('ann')
  assert.ok(row)
  let { version } = row
  for (let index = 0; index < Number(ROWS); index++) {
    const [userId, payload] = [dice.pick(USERS), STORED_PAYLOADS.make(dice)]
    const stored = await node.store.read(row.key)
    version = (stored?.version ?? version) + 1
    assert.equal(await node.store.write({ ...row, version, userId, payload }), true)
    const session = await node.sessions.open(token)
    const said = `SEED=${seed}, row ${index}: ${JSON.stringify({ userId, payload })}`
    assert.ok(session.userId === null || String(session.userId) === userId, said)
    session.data.set('visits', index)
    await node.sessions.commit(session)
    await node.sessions.list('ann')
  }
  assert.equal(prototypeKeys(), before)
})
