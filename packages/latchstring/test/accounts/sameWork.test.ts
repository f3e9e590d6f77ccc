import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import express, { type Express } from 'express'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { ANNA, BERT, bound, PAGE, startAccounts } from './site.ts'

const WRONG = 'not the right passphrase'
const FORGETTING = 8 * 24 * 60 * 60_000

/** Notes which calls were made before the answer to a request had left. */
class Notebook {
  #calls: string[] = []

  /** Takes a turn of the event loop, as every store but memory does. */
  async note<T>(name: string, call: () => Promise<T>): Promise<T> {
    this.#calls.push(name)
    await new Promise((resolve) => setImmediate(resolve))
    return call()
  }

  /** Begins a new page, and returns the old one. */
  turn(): string {
    const calls = this.#calls.join(' ')
    this.#calls = []
    return calls
  }
}

function notedStore(store: Store, book: Notebook): Store {
  return {
    read: (key) => book.note('read', async () => store.read(key)),
    write: (row) => book.note('write', () => store.write(row)),
    remove: (keys) => book.note('remove', () => store.remove(keys)),
    list: (userId) => book.note('list', () => store.list(userId)),
    purge: (now) => store.purge(now),
  }
}

function notedUsers(users: Users, book: Notebook): Users {
  return {
    find: (id) => book.note('user', () => users.find(id)),
    findByEmail: (key) => book.note('email', () => users.findByEmail(key)),
    findByUsername: (key) => book.note('username', () => users.findByUsername(key)),
    create: (user) => book.note('create', () => users.create(user)),
    update: (id, version, changes) => book.note('update', () => users.update(id, version, changes)),
    remove: (id) => book.note('delete', () => users.remove(id)),
  }
}

type Headers = Readonly<Record<string, string>>

interface NotedSite {
  /** The calls that were made for a request before its answer had left, as if nothing had been tried before. */
  callsOf(path: string, fields: Readonly<Record<string, string>>, headers?: Headers): Promise<string>
}

/** Anna has an account, and Bert's is disabled. */
async function startNoted(t: TestContext, signup: 'open' | 'private' = 'open'): Promise<NotedSite> {
  const [book, users, apps, store] = [new Notebook(), memoryUsers(), [] as Express[], memoryStore()]
  const site = await startAccounts(t, {
    store: notedStore(store, book),
    account: { users: notedUsers(bound(users), book), signup },
    addRoutes: (app) => void apps.push(app),
  })
  const [app = express()] = apps
  let calls = ''
  const origin = await listen(t, (request, response) => {
    response.once('finish', () => {
      calls = book.turn()
    })
    app(request, response)
  })
  for (const person of [ANNA, BERT]) await site.browser().post('/signup', person)
  await site.auth.disableUser((await site.user(BERT)).id)
  const callsOf: NotedSite['callsOf'] = async (path, fields, headers = {}) => {
    site.clock.advance(FORGETTING)
    await site.auth.settled()
    await store.purge(site.clock())
    book.turn()
    const body = headers === PAGE ? { form: fields } : { json: fields }
    await new Browser(origin).send(path, { method: 'POST', headers, ...body })
    return calls
  }
  return { callsOf }
}

const device = { cookie: `latchstring-device=${randomBytes(32).toString('base64url')}` }

for (const [name, headers] of Object.entries({
  'a program': {},
  'a browser': PAGE,
  'a browser that was used before': device,
})) {
  test(`a refused login of ${name} costs the same trips whether there is such an account or not (R-01, T09)`, async (t) => {
    const { callsOf } = await startNoted(t)
    const nobody = await callsOf('/login', { email: 'nobody@example.test', password: WRONG }, headers)
    assert.match(nobody, /^email (?:read ){2,3}write/)
    for (const { email, password } of [{ ...ANNA, password: WRONG }, BERT])
      assert.equal(await callsOf('/login', { email, password }, headers), nobody)
    const byName = await callsOf('/login', { username: 'nobody', password: WRONG }, headers)
    assert.equal(await callsOf('/login', { username: ANNA.username, password: WRONG }, headers), byName)
  })
}

test('nothing is done about a forgotten password before the answer has left (R-02, T59)', async (t) => {
  const { callsOf } = await startNoted(t)
  for (const email of ['nobody@example.test', ANNA.email, BERT.email, 'no address'])
    for (const headers of [{}, PAGE]) assert.equal(await callsOf('/password/forgot', { email }, headers), '')
})

test('a sign-up in private costs the same trips whether the address is taken or not (R-03)', async (t) => {
  const { callsOf } = await startNoted(t, 'private')
  const signUp = (email: string) => callsOf('/signup', { email, password: ANNA.password })
  const free = await signUp('free@example.test')
  assert.match(free, /create$/)
  assert.equal(await signUp('free@example.test'), free)
  assert.equal(await signUp(ANNA.email), free)
})

test('a right password of an address that was never proved costs what a wrong one costs (R-01)', async (t) => {
  const { callsOf } = await startNoted(t, 'private')
  const wrong = await callsOf('/login', { email: ANNA.email, password: WRONG })
  assert.equal(await callsOf('/login', { email: ANNA.email, password: ANNA.password }), wrong)
})
