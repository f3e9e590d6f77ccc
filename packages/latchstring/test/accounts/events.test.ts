import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthEvent } from 'latchstring/express'
import type { Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type AttackedSite, POST_PATHS, preparePost, startAttacked } from './posts.ts'
import { type AccountSiteOptions, ANNA, logIn, startAccounts } from './site.ts'

/** What a listener is told and what the user's timeline shows, in order. */
interface Told {
  readonly events: readonly string[]
  readonly lines: readonly string[]
}

const NOTHING: Told = { events: [], lines: [] }

function nameOf(event: AuthEvent): string {
  switch (event.type) {
    case 'account.activity':
      return event.activity
    case 'account.throttled':
      return `${event.type} ${event.action} ${event.bucket}`
    case 'session.ended':
      return `${event.type} ${event.reason}`
    default:
      return event.type
  }
}

/** What is told of a piece of work. */
async function toldOf(site: AttackedSite, work: () => Promise<unknown>): Promise<Told> {
  const before = countOf(await site.timeline())
  site.events.length = 0
  await work()
  const timeline = await site.timeline()
  const lines = timeline.slice(0, countOf(timeline) - before).map(({ type }) => type)
  return { events: site.events.map(nameOf), lines: lines.reverse() }
}

function countOf(timeline: readonly { readonly count: number }[]): number {
  return timeline.reduce((sum, { count }) => sum + count, 0)
}

const DONE: Readonly<Record<string, Told>> = {
  '/signup': { events: ['session.created', 'signup'], lines: ['signup'] },
  '/login': { events: ['session.created', 'login', 'new_device'], lines: ['login', 'new_device'] },
  '/login/continue': { events: ['login_failed'], lines: ['login_failed'] },
  '/logout': { events: ['session.ended logged_out', 'logout'], lines: ['logout'] },
  '/account/delete': { events: ['session.ended logged_out', 'account.deleted'], lines: [] },
  '/account/email': { events: ['email_change_requested'], lines: ['email_change_requested'] },
  '/account/password': {
    events: ['session.ended replaced', 'session.created', 'password_changed'],
    lines: ['password_changed'],
  },
  '/account/reauthenticate': {
    events: ['session.ended replaced', 'session.created', 'reauthenticated'],
    lines: ['reauthenticated'],
  },
  '/account/sessions/:id/name': NOTHING,
  '/account/sessions/:id/revoke': {
    events: ['session.ended logged_out', 'session_revoked'],
    lines: ['session_revoked'],
  },
  '/account/sessions/revoke-all': {
    events: ['session.ended logged_out', 'sessions_revoked'],
    lines: ['sessions_revoked'],
  },
  '/account/sessions/revoke-others': { events: ['sessions_revoked'], lines: ['sessions_revoked'] },
  '/account/not-me': { events: ['session.ended revoked', 'account_secured'], lines: ['account_secured'] },
  '/email/confirm': { events: ['session.ended revoked', 'email_changed'], lines: ['email_changed'] },
  '/email/undo': { events: ['session.ended revoked', 'email_change_undone'], lines: ['email_change_undone'] },
  '/email/verify': { events: ['session.ended revoked', 'email_verified'], lines: ['email_verified'] },
  '/email/verify/resend': NOTHING,
  '/password/forgot': { events: ['password_reset_requested'], lines: ['password_reset_requested'] },
  '/password/reset': { events: ['session.ended revoked', 'password_reset'], lines: ['password_reset'] },
}

for (const path of POST_PATHS) {
  test(`POST ${path} is told once, to the listener and to the user, and again to nobody (F-05, T85)`, async (t) => {
    const site = await startAttacked(t, path)
    const { browser, path: sentPath, fields } = await preparePost(site, path)
    const told = await toldOf(site, () => browser.post(sentPath, fields))
    assert.deepEqual(told, DONE[path])
    for (const event of site.events) {
      assert.equal(event.at, site.clock())
      if ('userId' in event) assert.equal(String(event.userId), path === '/signup' ? '2' : '1')
    }
  })
}

for (const path of ['/logout', '/account/sessions/:id/revoke', '/account/sessions/revoke-all']) {
  test(`POST ${path} is told with the session that it was asked in (F-05, T85)`, async (t) => {
    const site = await startAttacked(t, path)
    const { browser, path: sentPath } = await preparePost(site, path)
    const [own] = await site.auth.sessions.list((await site.user()).id)
    site.events.length = 0
    await browser.post(sentPath)
    assert.equal(site.events.length, 2)
    for (const event of site.events) assert.ok('sessionId' in event && event.sessionId === own?.id)
  })
}

const WRONG = 'wrong wrong wrong'
const FROM_ELSEWHERE = { 'sec-fetch-site': 'cross-site' }

interface Refusal extends Told {
  readonly options?: AccountSiteOptions
  readonly prepare?: (site: AttackedSite) => Promise<unknown>
  readonly run: (site: AttackedSite) => Promise<unknown>
}

const guess = (site: AttackedSite) => logIn(site.browser(), { ...ANNA, password: WRONG })

/** What came to nothing, or was done in another way. */
const OTHERS: Readonly<Record<string, Refusal>> = {
  'a wrong password': { run: guess, events: ['login_failed'], lines: ['login_failed'] },
  'a login of nobody': {
    run: (site) => logIn(site.browser(), { email: 'x@y.test', password: WRONG }),
    ...NOTHING,
  },
  'a try too many': {
    prepare: async (site) => {
      for (let tries = 0; tries < 10; tries++) await guess(site)
    },
    run: guess,
    events: ['account.throttled login login'],
    lines: [],
  },
  'a login from a browser that was used before': {
    prepare: ({ anna }) => anna.post('/logout'),
    run: ({ anna }) => logIn(anna),
    events: ['session.created', 'login'],
    lines: ['login'],
  },
  'a wrong password for a step up': {
    run: ({ anna }) => anna.post('/account/reauthenticate', { password: WRONG }),
    events: ['reauthentication_failed'],
    lines: ['reauthentication_failed'],
  },
  'a change of the password without the old one': {
    run: ({ anna }) => anna.post('/account/password', { currentPassword: WRONG, newPassword: WRONG }),
    events: ['reauthentication_failed'],
    lines: ['reauthentication_failed'],
  },
  'a change of the password to a weak one': {
    run: ({ anna }) =>
      anna.post('/account/password', { currentPassword: ANNA.password, newPassword: 'short' }),
    ...NOTHING,
  },
  'a forgotten password of nobody': {
    run: (site) => site.browser().post('/password/forgot', { email: 'x@y.test' }),
    ...NOTHING,
  },
  'a token that nobody issued': {
    run: async ({ anna }) => {
      for (const path of [
        '/email/verify',
        '/email/confirm',
        '/email/undo',
        '/account/not-me',
        '/password/reset',
      ])
        await anna.post(path, { token: 'k'.repeat(43), newPassword: 'a quite different passphrase' })
    },
    ...NOTHING,
  },
  'a log-out of nobody': { run: (site) => site.browser().post('/logout'), ...NOTHING },
  'a request of another site': {
    run: ({ anna }) => anna.post('/logout', {}, FROM_ELSEWHERE),
    events: ['request.cross_origin'],
    lines: [],
  },
  'two cookies of one name': {
    run: ({ anna }) => anna.get('/account', { cookie: `${anna.cookie}; ${anna.cookie}` }),
    events: ['cookie.duplicate'],
    lines: [],
  },
  'a sign-up of an address that is taken': {
    run: (site) => site.browser().post('/signup', ANNA),
    ...NOTHING,
  },
  'the end of another session': {
    prepare: (site) => logIn(site.browser()),
    run: async ({ anna }) => {
      const { sessions }: { sessions: { id: string; current: boolean }[] } = JSON.parse(
        (await anna.get('/account/sessions')).body,
      )
      const other = sessions.find(({ current }) => !current)
      await anna.post(`/account/sessions/${other?.id}/revoke`)
    },
    events: ['session.ended revoked', 'session_revoked'],
    lines: ['session_revoked'],
  },
  'the end of all other sessions': {
    prepare: (site) => logIn(site.browser()),
    run: ({ anna }) => anna.post('/account/sessions/revoke-others'),
    events: ['session.ended revoked', 'sessions_revoked'],
    lines: ['sessions_revoked'],
  },
  'a mail that cannot be sent': {
    options: { account: { mail: () => Promise.reject(new Error('the mail server is gone')) } },
    prepare: (site) => site.auth.settled(),
    run: ({ anna, auth }) => anna.post('/email/verify/resend').then(() => auth.settled()),
    events: ['mail.failed'],
    lines: [],
  },
  'a user whom the application disables': {
    run: async ({ auth, user }) => auth.disableUser((await user()).id),
    events: ['session.ended revoked', 'account_disabled'],
    lines: [],
  },
}

for (const [name, { options = {}, prepare, run, events, lines }] of Object.entries(OTHERS)) {
  test(`${name} is told exactly (F-05, T85)`, async (t) => {
    const site = await startAttacked(t, '', options)
    await prepare?.(site)
    await site.auth.settled()
    assert.deepEqual(await toldOf(site, () => run(site)), { events, lines })
  })
}

test('an account that has to prove its address first is told of in the same words (F-05, T85)', async (t) => {
  const site = await startAccounts(t, { account: { signup: 'private' } })
  const signUp = () => site.browser().post('/signup', ANNA)
  for (const [work, expected] of [
    [signUp, ['signup']],
    [signUp, []],
    [() => logIn(site.browser()), ['login_failed']],
  ] as const) {
    site.events.length = 0
    await work()
    await site.auth.settled()
    assert.deepEqual(site.events.map(nameOf), expected)
  }
})

/** A store that stops storing when it is told to. */
class LazyStore implements Store {
  isLazy = false
  readonly #store = memoryStore()

  read: Store['read'] = (key) => this.#store.read(key)
  list: Store['list'] = (userId) => this.#store.list(userId)
  purge: Store['purge'] = (now) => this.#store.purge(now)
  write: Store['write'] = (row) => this.#unlessLazy(() => this.#store.write(row))
  remove: Store['remove'] = (keys) => this.#unlessLazy(() => this.#store.remove(keys))

  async #unlessLazy<T>(work: () => Promise<T>): Promise<T> {
    if (this.isLazy) throw new Error('the store is read-only')
    return work()
  }
}

const UNDONE: readonly string[] = [
  ...[
    '/login',
    '/logout',
    '/account/password',
    '/account/reauthenticate',
    '/account/delete',
    '/password/reset',
  ],
  ...['/account/sessions/:id/revoke', '/account/sessions/revoke-all', '/account/sessions/revoke-others'],
  ...['/email/verify', '/email/confirm', '/email/undo', '/account/not-me'],
]

for (const path of UNDONE) {
  test(`POST ${path} is not told as done where the store could not do it (F-02, F-05, T85)`, async (t) => {
    const store = new LazyStore()
    const site = await startAttacked(t, path, { store })
    const { browser, path: sentPath, fields } = await preparePost(site, path)
    await site.browser().post('/login', ANNA)
    site.events.length = 0
    store.isLazy = true
    const { status } = await browser.post(sentPath, fields)
    await site.auth.settled()
    assert.equal(status, 503)
    assert.deepEqual(
      site.events.flatMap((event) => (event.type === 'account.activity' ? [event.activity] : [])),
      [],
    )
  })
}
