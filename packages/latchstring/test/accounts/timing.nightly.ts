/**
 * Whether the time of an answer tells who has an account. `SAMPLES=150` is a short form; `SEED=…` gives a run the same
 * order again:
 * `npm test -- packages/latchstring/test/accounts/timing.nightly.ts`
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sqliteUsers } from '../../src/users/sqlite.ts'
import { SeededRandom } from '../history/random.ts'
import { type RemoteApp, sharedFolder, startApp } from './app.ts'
import type { AppChoices } from './app-worker.ts'
import { distinction, median } from './distinguishable.ts'
import { ANNA } from './site.ts'

const { SEED = randomBytes(4).toString('hex'), SAMPLES = '2000' } = process.env

/** More than any limit and any row of failures remembers, in milliseconds. */
const FORGETTING = 8 * 24 * 60 * 60_000

/** The areas that tell too much lie outside. */
const [LOWEST, HIGHEST] = [0.45, 0.55]

interface Question {
  readonly path: string
  /** With a number of its own for each time it is asked. */
  readonly fields: (count: number) => object
  readonly cookie?: string
}

type Questions = Readonly<Record<string, Question>>

/** An application with Anna, and two others whose password nobody knows. */
async function startAsked(t: TestContext, choices: Partial<AppChoices> = {}): Promise<RemoteApp> {
  const folder = sharedFolder(t)
  const app = await startApp(t, { folder, clock: 'still', ...choices })
  await app.browser().post('/signup', ANNA)
  const users = sqliteUsers(join(folder, 'app.db'))
  const identifier = (text: string) => ({ text, key: text })
  for (const name of ['none', 'disabled']) {
    const email = identifier(`${name}@example.test`)
    await users.create({ email, username: null, passwordHash: null, createdAt: 0 })
  }
  const disabled = await users.findByEmail('disabled@example.test')
  const anna = await users.findByEmail(ANNA.email)
  assert.ok(disabled !== null && anna !== null)
  const { passwordHash } = anna
  await users.update(disabled.id, disabled.credentialVersion, { disabledAt: 1, passwordHash })
  users.close()
  await app.settle()
  return app
}

/** Asks each question as often as the others, in an order that nobody can foresee, and takes the times. */
async function measure(app: RemoteApp, questions: Questions): Promise<ReadonlyMap<string, number[]>> {
  const random = new SeededRandom(SEED)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times = new Map(Object.keys(questions).map((name): [string, number[]] => [name, []]))
  for (let count = 0; count < Number(SAMPLES); count++) {
    for (const [name, question] of shuffled(Object.entries(questions), random)) {
      await app.advance(FORGETTING)
      times.get(name)?.push(await timeOf(app, agent, question, count))
      await app.settle()
    }
  }
  agent.destroy()
  return times
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, place: random.below(2 ** 32) }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

const REFUSED = new Set([202, 401])

/** Milliseconds until the whole answer is there. */
function timeOf(
  app: RemoteApp,
  agent: Agent,
  { path, fields, cookie }: Question,
  count: number,
): Promise<number> {
  const body = JSON.stringify(fields(count))
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(cookie !== undefined && { cookie }),
  }
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint()
    const outgoing = request(app.origin + path, { method: 'POST', agent, headers }, (incoming) => {
      if (!REFUSED.has(incoming.statusCode ?? 0)) reject(new Error(`${path}: ${incoming.statusCode}`))
      incoming.on('end', () => resolve(Number(process.hrtime.bigint() - start) / 1e6)).resume()
    })
    outgoing.on('error', reject).end(body)
  })
}

/** Whether a question takes as long as the one that nobody learns anything from. */
function compare(
  t: TestContext,
  times: ReadonlyMap<string, number[]>,
  name: string,
  reference: string,
): void {
  const [one, other] = [times.get(name) ?? [], times.get(reference) ?? []]
  const { area, low, high } = distinction(one, other, new SeededRandom(`${SEED} ${name}`).below(2 ** 32))
  const digits = (value: number) => value.toFixed(3)
  t.diagnostic(
    `${name}: area ${digits(area)} (95 %: ${digits(low)} to ${digits(high)}), medians ${digits(median(one))} and ${digits(median(other))} ms, ${one.length} times each, seed ${SEED}`,
  )
  assert.ok(area >= LOWEST && area <= HIGHEST, `${name} can be told from ${reference}: ${digits(area)}`)
}

const WRONG = 'not the right passphrase'

function login(fields: object, cookie?: string): Question {
  return {
    path: '/login',
    fields: () => ({ password: WRONG, ...fields }),
    ...(cookie !== undefined && { cookie }),
  }
}

test('the time of a refused login does not tell whether there is such an account (R-01, T09, Z-7)', async (t) => {
  const app = await startAsked(t)
  // Whoever has logged in here has such a cookie, for accounts of others too.
  const device = `latchstring-device=${randomBytes(32).toString('base64url')}`
  const nobody = { email: 'nobody@example.test' }
  const times = await measure(app, {
    nobody: login(nobody),
    'a wrong password': login({ email: ANNA.email }),
    'no password': login({ email: 'none@example.test' }),
    'a disabled account': login({ email: 'disabled@example.test', password: ANNA.password }),
    'a wrong password for a username': login({ username: ANNA.username }),
    'nobody by a username': login({ username: 'nobody' }),
    'nobody from a known browser': login(nobody, device),
    'a wrong password from a known browser': login({ email: ANNA.email }, device),
  })
  for (const name of ['a wrong password', 'no password', 'a disabled account']) {
    await t.test(name, (t) => compare(t, times, name, 'nobody'))
  }
  await t.test('by username', (t) =>
    compare(t, times, 'a wrong password for a username', 'nobody by a username'),
  )
  await t.test('from a known browser', (t) =>
    compare(t, times, 'a wrong password from a known browser', 'nobody from a known browser'),
  )
})

test('the time of a refusal does not tell how much of a token is right (S-02, T95, Z-7)', async (t) => {
  const app = await startAsked(t)
  const anna = app.browser()
  await anna.post('/login', ANNA)
  const token = anna.jar.get('latchstring') ?? ''
  const changed = (text: string) => (text === 'A' ? 'B' : 'A')
  const presenting = (tokenOf: () => string): Question => ({
    path: '/account/delete',
    fields: () => ({}),
    get cookie() {
      return `latchstring=${tokenOf()}`
    },
  })
  const times = await measure(app, {
    random: presenting(() => randomBytes(32).toString('base64url')),
    'right but for one character': presenting(
      () => token.slice(0, 41) + changed(token.charAt(41)) + token.slice(42),
    ),
  })
  compare(t, times, 'right but for one character', 'random')
})

function forgot(email: string): Question {
  return { path: '/password/forgot', fields: () => ({ email }) }
}

test('the time of an answer to a forgotten password does not tell whose it is (R-02, T59, Z-7)', async (t) => {
  const times = await measure(await startAsked(t), {
    nobody: forgot('nobody@example.test'),
    somebody: forgot(ANNA.email),
    'a disabled account': forgot('disabled@example.test'),
  })
  for (const name of ['somebody', 'a disabled account'])
    await t.test(name, (t) => compare(t, times, name, 'nobody'))
})

test('the time of a sign-up in private does not tell whether an address is taken (R-03, Z-7)', async (t) => {
  const signUp = (email: (count: number) => string): Question => ({
    path: '/signup',
    fields: (count) => ({ email: email(count), password: WRONG }),
  })
  const times = await measure(await startAsked(t, { signup: 'private' }), {
    free: signUp((count) => `free${count}@example.test`),
    taken: signUp(() => ANNA.email),
  })
  compare(t, times, 'taken', 'free')
})
