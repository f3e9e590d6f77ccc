import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawRequest } from '../../src/testing/client.ts'
import { isLoggedIn, startAccounts } from '../accounts/site.ts'
import { watchFailures } from '../response-support.ts'
import { Dice } from './dice.ts'
import { makeRequest } from './requests.ts'
import { prototypeKeys } from './target.ts'

const { SEED: seed = String(Date.now()), REQUESTS = '1000' } = process.env
const count = Number(REQUESTS)
const AT_ONCE = 20

test(`${count} requests of odd parts are answered, none as the server's fault nor as somebody's, SEED=${seed} (F-03, S-03, S-08)`, async (t) => {
  const failures = watchFailures(t)
  const site = await startAccounts(t)
  const anna = await site.member()
  const before = prototypeKeys()
  const port = Number(new URL(site.origin).port)
  const dice = new Dice(`${seed}/requests`)
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, () => makeRequest(dice))
    await Promise.all(requests.map((request) => checkAnswer(port, request)))
  }
  assert.deepEqual(failures, [])
  assert.equal(prototypeKeys(), before)
  assert.equal(await isLoggedIn(anna), true)
})

/** Nobody of these has a session: whatever is protected stays so, and no cookie of a session is handed out. */
async function checkAnswer(port: number, request: Buffer): Promise<void> {
  const answer = await rawRequest(port, request)
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])
  const said = `SEED=${seed}: ${JSON.stringify(request.toString('latin1'))} was answered ${answer.slice(0, 200)}`
  assert.ok(status >= 200 && status < 500, said)
  assert.doesNotMatch(answer, /^Set-Cookie: latchstring=[^;]/im, said)
  const isProtected = /^GET \/(protected|account)[? ]/.test(request.toString('latin1'))
  if (isProtected) assert.ok([303, 400, 401].includes(status), said)
}
