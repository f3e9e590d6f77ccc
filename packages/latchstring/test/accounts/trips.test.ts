import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import express, { type Express } from 'express'
import { memoryUsers } from 'latchstring/users/memory'
import type { Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Browser } from '../http/client.ts'
import { listen } from '../http/server.ts'
import { ANNA, startAccounts } from './site.ts'

const WRONG = 'not the right passphrase'
const LONG_ENOUGH = 8 * 24 * 60 * 60_000

/** Answers all calls that have gathered at once, in a later turn: what is asked after that is one more trip. */
class Trips {
  count = 0
  #calls = 0
  #boarding: (() => void)[] = []

  async take<T>(call: () => Promise<T>): Promise<T> {
    this.#calls++
    await new Promise<void>((resolve) => this.#board(resolve))
    return call()
  }

  #board(passenger: () => void): void {
    this.#boarding.push(passenger)
    if (this.#boarding.length > 1) return
    this.count++
    setImmediate(() => {
      const boarded = this.#boarding
      this.#boarding = []
      for (const arrive of boarded) arrive()
    })
  }

  get calls(): number {
    return this.#calls
  }

  reset(): void {
    this.count = 0
    this.#calls = 0
  }
}

function distantStore(store: Store, trips: Trips): Store {
  return {
    read: (key) => trips.take(async () => store.read(key)),
    write: (row) => trips.take(() => store.write(row)),
    remove: (keys) => trips.take(() => store.remove(keys)),
    list: (userId) => trips.take(() => store.list(userId)),
    purge: (now) => store.purge(now),
  }
}

function distantUsers(users: Users, trips: Trips): Users {
  return {
    find: (id) => trips.take(() => users.find(id)),
    findByEmail: (key) => trips.take(() => users.findByEmail(key)),
    findByUsername: (key) => trips.take(() => users.findByUsername(key)),
    create: (user) => trips.take(() => users.create(user)),
    update: (...given) => trips.take(() => users.update(...given)),
    remove: (id) => trips.take(() => users.remove(id)),
  }
}

/** Counts what this process derives from passwords, whoever does it. */
function countHashes(t: TestContext): () => number {
  let count = 0
  const hook = createHook({
    init: (_, type) => {
      if (type === 'ARGON2REQUEST') count++
    },
  }).enable()
  t.after(() => hook.disable())
  return () => count
}

type Login = Readonly<Record<string, string>>

/** What the answer to a login waited for. */
interface Waits {
  readonly status: number
  readonly trips: number
  readonly calls: number
  readonly hashes: number
}

interface DistantSite {
  /** A browser in which Anna has logged in before. */
  readonly known: Browser
  browser(cookies?: [string, string][]): Browser
  waitsOf(browser: Browser, login: Login): Promise<Waits>
  /** Lets so much time pass that every try is forgotten, and what is over purged. */
  rest(): Promise<void>
}

/** Anna has an account. */
async function startFarAway(t: TestContext): Promise<DistantSite> {
  const [trips, apps, store] = [new Trips(), [] as Express[], memoryStore()]
  const site = await startAccounts(t, {
    store: distantStore(store, trips),
    account: { users: distantUsers(memoryUsers(), trips) },
    addRoutes: (app) => void apps.push(app),
  })
  const [app = express()] = apps
  const hashCount = countHashes(t)
  let waited = { trips: 0, calls: 0, hashes: 0 }
  const origin = await listen(t, (request, response) => {
    response.once('finish', () => {
      waited = { trips: trips.count, calls: trips.calls, hashes: hashCount() }
    })
    app(request, response)
  })
  const rest = async () => {
    site.clock.advance(LONG_ENOUGH)
    await site.auth.settled()
    await store.purge(site.clock())
  }
  const waitsOf: DistantSite['waitsOf'] = async (browser, login) => {
    await site.auth.settled()
    trips.reset()
    const hashes = hashCount()
    const { status } = await browser.post('/login', login)
    return { status, ...waited, hashes: waited.hashes - hashes }
  }
  const browser: DistantSite['browser'] = (cookies) => new Browser(origin, cookies)
  const known = browser()
  await known.post('/signup', ANNA)
  await known.post('/logout')
  return { known, browser, waitsOf, rest }
}

const BY_ADDRESS = { email: ANNA.email, password: ANNA.password }
const BY_NAME = { username: ANNA.username, password: ANNA.password }

/** What is left: counted for the network, counted for the account, stored, and the password still the same after that. */
const MOST_TRIPS = 4

for (const [name, pause] of Object.entries({ 'after a rest': true, 'again and again': false })) {
  test(`a login waits for the store at most ${MOST_TRIPS} times, and hashes once, ${name}`, async (t) => {
    const { known, browser, waitsOf, rest } = await startFarAway(t)
    for (let round = 0; round < 3; round++) {
      for (const one of [known, browser()]) {
        if (pause) await rest()
        const { status, trips, calls, hashes } = await waitsOf(one, BY_ADDRESS)
        t.diagnostic(`${one === known ? 'a known browser' : 'a new browser'}: ${trips} trips, ${calls} calls`)
        assert.deepEqual([status, hashes], [200, 1])
        assert.ok(trips <= MOST_TRIPS, `${trips} trips`)
        await one.post('/logout')
      }
    }
  })
}

test('a login by a username waits once more, for the account that it is counted with', async (t) => {
  const { known, browser, waitsOf, rest } = await startFarAway(t)
  for (const one of [known, browser()]) {
    await rest()
    const { status, trips, hashes } = await waitsOf(one, BY_NAME)
    assert.deepEqual([status, hashes], [200, 1])
    assert.ok(trips <= MOST_TRIPS + 1, `${trips} trips`)
  }
})

const DEVICE: [string, string] = ['latchstring-device', randomBytes(32).toString('base64url')]

const REFUSED: Readonly<Record<string, readonly [login: Login, nobody: Login, most: number]>> = {
  'an address': [{ email: ANNA.email }, { email: 'nobody@example.test' }, 2],
  'a username': [{ username: ANNA.username }, { username: 'nobody' }, 3],
}

for (const [name, [login, nobody, most]] of Object.entries(REFUSED)) {
  test(`a refused login by ${name} waits as often, and hashes once, whether there is such an account or not (R-01)`, async (t) => {
    const { browser, waitsOf, rest } = await startFarAway(t)
    for (const cookies of [[], [DEVICE]]) {
      const waits = async (identifier: Login) => {
        await rest()
        return waitsOf(browser(cookies), { ...identifier, password: WRONG })
      }
      const [one, other] = [await waits(login), await waits(nobody)]
      t.diagnostic(`${cookies.length} cookies: ${one.trips} trips, ${one.calls} calls`)
      assert.deepEqual(one, other)
      assert.deepEqual([one.status, one.hashes], [401, 1])
      const forCookie = cookies.length === 0 ? 0 : 2
      assert.ok(one.trips <= most + forCookie, `${one.trips} trips`)
    }
  })
}

test('what a network, or an account, is refused is hashed for nobody, and costs the same (R-01, R-05)', async (t) => {
  const { browser, waitsOf, rest } = await startFarAway(t)
  const refused = async (email: string) => {
    await rest()
    for (let tries = 0; tries < 10; tries++) await waitsOf(browser(), { email, password: WRONG })
    return waitsOf(browser(), { email, password: WRONG })
  }
  const [one, other] = [await refused(ANNA.email), await refused('nobody@example.test')]
  assert.deepEqual(one, other)
  assert.deepEqual([one.status, one.hashes], [429, 0])
})
