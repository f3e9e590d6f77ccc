import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { NextFunction, Request, Response } from 'express'
import type { AuthEvent } from 'latchstring/express'
import { memoryUsers } from 'latchstring/users/memory'
import type { LoginMethod, Users } from '../../src/auth/types.ts'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Browser, Message } from '../http/client.ts'
import { Ears, textsOf } from './ears.ts'
import { type AccountSite, bound, PAGE, startAccounts } from './site.ts'

/** What people type and nobody else may see. */
const TYPED = {
  password: 'canary one in a coal mine',
  second: 'canary two in a coal mine',
  third: 'canary three in a coal mine',
  wrong: 'canary four, who is mistaken',
  weak: 'canaryfive',
  code: '83c4n4ry61',
}
const ANNA = { email: 'anna@example.test', username: 'anna' }
const NEW_EMAIL = 'anna.new@example.test'

/** What of the surroundings fails: by the number of the call, or always. */
interface Trouble {
  readonly store?: (call: number) => boolean
  readonly users?: (call: number) => boolean
  readonly mail?: boolean
  readonly sink?: boolean
}

/** Fails now and then, and notes what it is given to keep. */
class Keeper {
  readonly kept: unknown[] = []
  readonly #fails: (call: number) => boolean
  #calls = 0

  constructor(fails: (call: number) => boolean = () => false) {
    this.#fails = fails
  }

  async run<T>(call: () => Promise<T>, ...given: readonly unknown[]): Promise<T> {
    this.kept.push(...given)
    this.#calls++
    if (this.#fails(this.#calls)) throw new Error(`call ${this.#calls} fails`)
    return call()
  }
}

function keptStore(store: Store, keeper: Keeper): Store {
  return {
    read: (key) => keeper.run(async () => store.read(key)),
    list: (userId) => keeper.run(() => store.list(userId)),
    remove: (keys) => keeper.run(() => store.remove(keys)),
    write: (row) => keeper.run(() => store.write(row), row),
    purge: (now) => store.purge(now),
  }
}

function keptUsers(users: Users, keeper: Keeper): Users {
  return {
    find: (id) => keeper.run(() => users.find(id)),
    findByEmail: (key) => keeper.run(() => users.findByEmail(key)),
    findByUsername: (key) => keeper.run(() => users.findByUsername(key)),
    remove: (id) => keeper.run(() => users.remove(id)),
    create: (user) => keeper.run(() => users.create(user), user),
    update: (id, version, changes) => keeper.run(() => users.update(id, version, changes), changes),
  }
}

/** A second factor that users have while it is switched on. */
class CodeMethod implements LoginMethod {
  readonly id = 'code'
  readonly factor = 'second'
  isOn = false
  readonly actions: LoginMethod['actions']

  constructor(users: Users) {
    this.actions = {
      verify: async ({ code }, attempt) => {
        const user = attempt.userId === null ? null : await users.find(attempt.userId)
        const isCounted = await attempt.begin({ user, identifier: 'code' })
        if (!isCounted || user === null || code !== TYPED.code)
          return { kind: 'refused', code: 'invalid_credentials' }
        return { kind: 'verified', userId: user.id, credentialVersion: user.credentialVersion }
      },
    }
  }

  async enrolled(): Promise<boolean> {
    return this.isOn
  }
}

interface WatchedSite extends AccountSite {
  readonly ears: Ears
  readonly code: CodeMethod
  /** The types of all events. */
  readonly told: ReadonlySet<string>
  /** Of the store and of users: all that was ever written. */
  readonly kept: readonly unknown[]
}

async function startWatched(t: TestContext, trouble: Trouble): Promise<WatchedSite> {
  const ears = new Ears(Object.values(TYPED))
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
    t.mock.method(console, name, (...args: unknown[]) => ears.hear(...args))
  const [rows, people] = [new Keeper(trouble.store), new Keeper(trouble.users)]
  const users = keptUsers(memoryUsers(), people)
  const code = new CodeMethod(bound(users))
  const site = await startAccounts(t, {
    store: keptStore(memoryStore(), rows),
    renewal: { every: '10m', grace: '1s' },
    account: {
      users,
      methods: [code],
      mail: async (mail) => {
        ears.hearMail(mail)
        if (trouble.mail) throw new Error('the mail server is gone')
      },
      passwords: {
        breached: () => Promise.reject(new Error('the service is gone')),
        onBreachCheckFailed: (error) => ears.hear(error),
      },
    },
    addRoutes: (app, { auth }) => {
      app.get('/look', (req, res) => {
        ears.hear(req.session, auth)
        res.end()
      })
      app.use((error: unknown, _: Request, response: Response, __: NextFunction) => {
        ears.hear(error)
        response.status(500).end()
      })
    },
  })
  const told = listenIn(site, ears, trouble.sink ?? false)
  return { ...site, ears, code, told, kept: [rows.kept, people.kept] }
}

/** In the place of the lists that events and lines usually go to. */
function listenIn({ events, lines }: AccountSite, ears: Ears, isBroken: boolean): Set<string> {
  const told = new Set<string>()
  const listen = (said: AuthEvent | string) => {
    ears.hear(said)
    if (typeof said !== 'string') told.add(said.type === 'account.activity' ? said.activity : said.type)
    if (isBroken) throw new Error('the sink is gone')
    return 0
  }
  events.push = listen
  lines.push = listen
  return told
}

/** A client that tells what it is answered. What fails does not end the tour. */
class Tourist {
  readonly #site: WatchedSite
  readonly #browser: Browser

  constructor(site: WatchedSite) {
    this.#site = site
    this.#browser = site.browser()
  }

  async send(path: string, message: Message): Promise<string> {
    const reply = await this.#browser.send(path, message)
    this.#site.ears.hearReply(reply)
    await this.#site.auth.settled()
    return reply.body
  }

  /** Both as a program and as a person sees it. */
  async see(path: string): Promise<void> {
    await this.send(path, {})
    await this.send(path, { headers: PAGE })
  }

  async post(path: string, json: unknown): Promise<void> {
    await this.send(path, { method: 'POST', json })
  }

  async submit(path: string, form: Readonly<Record<string, string>>): Promise<void> {
    await this.send(path, { method: 'POST', headers: PAGE, form })
  }

  /** By a mailed link: the page, the form, and once more. */
  async follow(path: string, to: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
    const token = this.#site.ears.tokenTo(to)
    await this.see(`${path}?token=${token}`)
    await this.submit(path, { ...fields, token })
    await this.post(path, { ...fields, token })
  }

  get cookie(): string {
    return this.#browser.cookie
  }
}

/** Through every flow, with every kind of failure that a client can cause. */
async function tour(site: WatchedSite): Promise<void> {
  const [anna, thief] = [new Tourist(site), new Tourist(site)]
  await signUpAndLogIn(anna)
  await lookAround(anna)
  await beRude(anna)
  await passSecondFactor(thief, site.code)
  await changePassword(anna)
  await changeEmail(anna, thief)
  // The mails of this hour are used up.
  site.clock.advance(60 * 60_000)
  await recover(anna)
  await leave(anna, thief, site)
}

const LOGIN = { email: ANNA.email, password: TYPED.password }

async function signUpAndLogIn(anna: Tourist): Promise<void> {
  for (const path of ['/signup', '/login', '/password/forgot']) await anna.see(path)
  await anna.submit('/signup', { ...ANNA, password: TYPED.weak })
  await anna.post('/signup', { ...ANNA, password: TYPED.weak })
  await anna.post('/signup', { ...ANNA, password: TYPED.password })
  await anna.submit('/signup', { ...ANNA, password: TYPED.second })
  await anna.follow('/email/verify', ANNA.email)
  await anna.post('/logout', {})
  await anna.submit('/login', { ...LOGIN, password: TYPED.wrong })
  await anna.post('/login', { email: 'nobody@example.test', password: TYPED.password })
  await anna.submit('/login', { ...LOGIN, remember: 'on', returnTo: '/account' })
}

async function lookAround(anna: Tourist): Promise<void> {
  const pages = ['/', '/account', '/account/sessions', '/account/activity', '/account/reauthenticate']
  for (const path of [...pages, '/account/delete', '/protected', '/look', '/outbox']) await anna.see(path)
}

/** What is no request of any page: all of it carries secrets. */
async function beRude(anna: Tourist): Promise<void> {
  const broken = JSON.stringify(LOGIN)
  for (const json of [broken.slice(0, -1), `[${broken}]`, `{"a":1,${broken.slice(1)}`, `${broken}x`]) {
    await anna.send('/login', { method: 'POST', json })
    await anna.send('/login', { method: 'POST', json, headers: { ...PAGE, 'content-type': 'text/plain' } })
  }
  await anna.post('/login', { email: ANNA.email, password: [TYPED.password] })
  await anna.post('/login', { email: TYPED.password, password: TYPED.password })
  await anna.post('/account/reauthenticate', { password: TYPED.wrong })
  await anna.submit('/account/reauthenticate', { password: TYPED.wrong })
  await anna.submit('/account/reauthenticate', { password: TYPED.password })
  await anna.send('/protected', { headers: { cookie: `${anna.cookie}; ${anna.cookie}` } })
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  await anna.send('/logout', { method: 'POST', headers: evil })
  await anna.send('/login', {
    method: 'POST',
    headers: { ...PAGE, 'sec-fetch-site': 'same-origin' },
    form: LOGIN,
  })
}

async function passSecondFactor(thief: Tourist, code: CodeMethod): Promise<void> {
  code.isOn = true
  await thief.post('/login', LOGIN)
  for (const given of [TYPED.wrong, TYPED.code])
    await thief.submit('/login/continue', { method: 'code', action: 'verify', code: given })
  await thief.post('/login/continue', { method: 'code', action: 'verify', code: TYPED.code })
  code.isOn = false
}

async function changePassword(anna: Tourist): Promise<void> {
  for (const [currentPassword, newPassword] of [
    [TYPED.wrong, TYPED.second],
    [TYPED.password, TYPED.weak],
    [TYPED.password, TYPED.password],
    [TYPED.password, TYPED.second],
  ] as const) {
    await anna.submit('/account/password', { currentPassword, newPassword })
    await anna.post('/account/password', { currentPassword, newPassword })
  }
}

async function changeEmail(anna: Tourist, thief: Tourist): Promise<void> {
  await anna.post('/account/email', { newEmail: TYPED.second })
  await anna.post('/account/email', { newEmail: NEW_EMAIL })
  await anna.follow('/email/confirm', NEW_EMAIL)
  await anna.follow('/email/undo', ANNA.email)
  await thief.follow('/password/reset', ANNA.email, { newPassword: TYPED.weak })
  await thief.follow('/password/reset', ANNA.email, { newPassword: TYPED.password })
}

async function recover(anna: Tourist): Promise<void> {
  await anna.submit('/password/forgot', { email: ANNA.email })
  await anna.follow('/password/reset', ANNA.email, { newPassword: TYPED.third })
  await anna.post('/login', { ...LOGIN, password: TYPED.third })
  await anna.follow('/account/not-me', ANNA.email)
  await anna.follow('/password/reset', ANNA.email, { newPassword: TYPED.password })
  await anna.post('/login', LOGIN)
}

async function leave(anna: Tourist, thief: Tourist, { clock }: WatchedSite): Promise<void> {
  clock.advance(10 * 60_000)
  await lookAround(anna)
  clock.advance(60_000)
  await thief.post('/login', LOGIN)
  await anna.post('/account/reauthenticate', { password: TYPED.password })
  await anna.post('/account/sessions/revoke-others', {})
  await thief.see('/protected')
  await anna.submit('/account/delete', {})
  await anna.post('/account/sessions/revoke-all', {})
}

const every = (count: number) => (call: number) => call % count === 0

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'while all is well': {},
  'while every fifth call to the store fails': { store: every(5) },
  'while every thirteenth call to the store fails': { store: every(13) },
  'while every third call to users fails': { users: every(3) },
  'while every eleventh call to users fails': { users: every(11) },
  'while no mail can be sent and every listener throws': { mail: true, sink: true },
}

for (const [name, trouble] of Object.entries(TROUBLES)) {
  test(`no password, code, token or cookie is to be seen anywhere ${name} (F-04, T84)`, async (t) => {
    const site = await startWatched(t, trouble)
    await tour(site)
    const { ears, kept } = site
    t.diagnostic(`${ears.secretCount} secrets, ${ears.count} texts, ${site.told.size} types of events`)
    assert.deepEqual(
      ears.leaks().map((text) => text.slice(0, 2_000)),
      [],
    )
    assert.deepEqual(
      ears.leaksIn(kept.flatMap(textsOf)).map((text) => text.slice(0, 2_000)),
      [],
    )
    if (name === 'while all is well')
      assert.deepEqual(
        EXPECTED.filter((type) => !site.told.has(type)),
        [],
      )
  })
}

/** So that the tour leads everywhere. */
const EXPECTED: readonly string[] = [
  ...[
    'signup',
    'login',
    'login_failed',
    'logout',
    'reauthenticated',
    'reauthentication_failed',
    'new_device',
  ],
  ...['sessions_revoked', 'email_verified', 'email_change_requested', 'email_changed', 'email_change_undone'],
  ...['password_changed', 'password_reset_requested', 'password_reset', 'account_secured', 'account.deleted'],
  ...['session.created', 'session.renewed', 'cookie.duplicate', 'request.cross_origin'],
]
