import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { RedisStore } from 'connect-redis'
import { Sessions } from 'latchstring'
import { redisStore } from 'latchstring/stores/redis'
import { createClient } from 'redis'
import { setCookiesOf, times } from '../http/client.ts'
import { freshPrefix } from '../redis-support.ts'
import { describeWith } from '../servers.ts'
import type { AppPlace } from './app-worker.ts'
import { browserAt, COOKIE, oldBrowser, rowOf, SECRET, sidOf } from './support.ts'

const WORKER = new URL('app-worker.ts', import.meta.url)
const PROCESSES = 2
const USERS = 10

async function startProcess(t: TestContext, place: AppPlace): Promise<string> {
  const child: ChildProcess = fork(WORKER, [JSON.stringify(place)])
  t.after(() => child.kill())
  const [address] = await once(child, 'message')
  return `http://127.0.0.1:${address.port}`
}

describeWith('redis', 'two processes of the application', (url) => {
  test('make one session of each old cookie that both are sent at the same time', async (t) => {
    const place = { url, oldPrefix: freshPrefix(), prefix: freshPrefix(), secret: SECRET }
    const client = await createClient({ url }).connect()
    t.after(() => client.destroy())
    const oldStore = new RedisStore({ client, prefix: place.oldPrefix })
    const sessions = new Sessions({ store: redisStore(client, { prefix: place.prefix }) })
    t.after(() => sessions.close())
    const origins = await times(PROCESSES, () => startProcess(t, place))

    for (let user = 0; user < USERS; user++) {
      const before = await oldBrowser(t, oldStore, { passport: { user }, cart: ['tea'] })
      const replies = await times(8, (index) =>
        browserAt(origins[index % PROCESSES] ?? '', before).get('/protected'),
      )
      assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
      const cookies = replies.flatMap(setCookiesOf).filter(({ name }) => name === COOKIE)
      assert.deepEqual([cookies.length, new Set(cookies.map(({ value }) => value)).size], [8, 1])
      assert.equal((await sessions.list(user)).length, 1)
      assert.equal(await rowOf(oldStore, sidOf(before)), null)
    }
    // Rows that lost the race would be left behind here: one session and one claim each.
    const keys = await client.keys(`${place.prefix}s:*`)
    assert.equal(keys.length, 2 * USERS)
  })
})
