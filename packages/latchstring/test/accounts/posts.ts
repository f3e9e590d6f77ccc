import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { memoryUsers } from 'latchstring/users/memory'
import type { LoginMethod, User, Users } from '../../src/auth/types.ts'
import type { Row, Store, UserId } from '../../src/core/types.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type Browser, json } from '../http/client.ts'
import { type AccountSite, type AccountSiteOptions, ANNA, bound, logIn, startAccounts } from './site.ts'

export type Fields = Readonly<Record<string, string | boolean>>

/** A request that does what its path is for, and that a test can spoil. */
export interface Post {
  /** As it is sent: with an id in place of `:id`. */
  readonly path: string
  readonly browser: Browser
  readonly fields: Fields
}

/** What a path needs before it can be asked for. */
type Prepare = (site: AttackedSite, path: string) => Promise<Post>

/** The paths of all routes that take a POST. */
export const POST_PATHS: readonly string[] = Object.entries(ROUTES).flatMap(([path, { POST }]) =>
  POST === undefined ? [] : [path],
)

const NEW_PASSWORD = 'a quite different passphrase'
const NEWCOMER = { email: 'newcomer@example.test', username: 'newcomer', password: NEW_PASSWORD }
const NEW_EMAIL = 'anna.new@example.test'

const PREPARE: Readonly<Record<string, Prepare>> = {
  '/signup': byVisitor(NEWCOMER),
  '/login': byVisitor({ ...ANNA, remember: true }),
  '/login/continue': async (site, path) => {
    const browser = site.browser()
    await logIn(browser)
    return { path, browser, fields: { method: 'code', action: 'verify' } }
  },
  '/logout': byMember({}),
  '/account/delete': byMember({}),
  '/account/email': byMember({ newEmail: NEW_EMAIL }),
  '/account/password': byMember({ currentPassword: ANNA.password, newPassword: NEW_PASSWORD }),
  '/account/reauthenticate': byMember({ password: ANNA.password }),
  '/account/sessions/:id/name': byMember({ name: 'kitchen tablet' }),
  '/account/sessions/:id/revoke': byMember({}),
  '/account/sessions/revoke-all': byMember({}),
  '/account/sessions/revoke-others': byMember({}),
  '/email/verify': byMail(async () => ANNA.email),
  '/email/verify/resend': byMember({}),
  '/email/confirm': byMail(async ({ anna }) => {
    await anna.post('/account/email', { newEmail: NEW_EMAIL })
    return NEW_EMAIL
  }),
  '/email/undo': byMail(async ({ anna }) => {
    await anna.post('/account/email', { newEmail: NEW_EMAIL })
    return ANNA.email
  }),
  '/account/not-me': byMail(async ({ anna }) => {
    await anna.post('/account/password', { currentPassword: ANNA.password, newPassword: NEW_PASSWORD })
    return ANNA.email
  }),
  '/password/forgot': byVisitor({ email: ANNA.email }),
  '/password/reset': async (site, path) => {
    await site.browser().post('/password/forgot', { email: ANNA.email })
    const token = await site.mailedToken(ANNA.email)
    return { path, browser: site.browser(), fields: { token, newPassword: NEW_PASSWORD } }
  },
}

function byVisitor(fields: Fields): Prepare {
  return async (site, path) => ({ path, browser: site.browser(), fields })
}

function byMember(fields: Fields): Prepare {
  return async ({ anna }, path) => {
    const { sessions = [] }: { sessions?: { id: string }[] } = Object(
      json(await anna.get('/account/sessions')),
    )
    return { path: path.replace(':id', sessions[0]?.id ?? ''), browser: anna, fields }
  }
}

/** Causes a mail with a token, and tells to whom it went. */
function byMail(cause: (site: AttackedSite) => Promise<string>): Prepare {
  return async (site, path) => {
    const token = await site.mailedToken(await cause(site))
    return { path, browser: site.browser(), fields: { token } }
  }
}

/** A request for a path, right in everything. */
export async function preparePost(site: AttackedSite, path: string): Promise<Post> {
  const prepare = PREPARE[path]
  assert.ok(prepare !== undefined, `a new route: say in PREPARE what POST ${path} needs`)
  const post = await prepare(site, path)
  await site.auth.settled()
  return post
}

export interface TimelineLine {
  readonly type: string
  readonly count: number
}

export interface AttackedSite extends AccountSite {
  /** Somebody who is logged in. */
  readonly anna: Browser
  /** How often anything was written or removed, or a mail sent. */
  changes(): Promise<number>
  /** The lines of the timelines that are stored, the newest first. */
  timeline(): Promise<readonly TimelineLine[]>
  /** All that is stored, with a `*` for whatever is random. */
  state(): Promise<string>
}

/** A site on which Anna has an account, with everything that could be changed under watch. */
export async function startAttacked(
  t: TestContext,
  path: string,
  { account = {}, store = memoryStore(), ...options }: AccountSiteOptions = {},
): Promise<AttackedSite> {
  const watch = new Watch()
  const users = watch.users(account.users ?? memoryUsers())
  const methods = path === '/login/continue' ? [codeMethod(users)] : []
  const watched = { ...options, store: watch.store(store), account: { ...account, users, methods } }
  const site = await startAccounts(t, watched)
  const anna = await site.member()
  return {
    ...site,
    anna,
    changes: async () => (await site.mails()).length + watch.changes,
    timeline: async () => {
      await site.auth.settled()
      return watch.rows.flatMap(linesIn)
    },
    state: async () => {
      const mails = (await site.mails()).map(({ to, subject }) => ({ to, subject }))
      return masked({ mails, rows: watch.rows, users: await watch.everybody(users) })
    },
  }
}

/** The lines of a row, if it is a timeline. */
function linesIn({ payload }: Pick<Row, 'payload'>): readonly TimelineLine[] {
  if (!payload.startsWith('{"record":"activity"')) return []
  const { value }: { value: TimelineLine[] } = JSON.parse(payload)
  return value
}

/** Notes what is written through it. */
class Watch {
  changes = 0
  readonly #rows = new Map<string, Row>()
  readonly #ids: UserId[] = []

  get rows(): Omit<Row, 'key'>[] {
    return [...this.#rows.values()].map(({ key: _, ...row }) => row)
  }

  async everybody(users: Users): Promise<(User | null)[]> {
    return Promise.all(this.#ids.map((id) => users.find(id)))
  }

  store(store: Store): Store {
    return {
      read: (key) => store.read(key),
      list: (userId) => store.list(userId),
      purge: (now) => store.purge(now),
      write: async (row) => {
        this.changes++
        const isWritten = await store.write(row)
        if (isWritten) this.#rows.set(row.key, row)
        return isWritten
      },
      remove: async (keys) => {
        this.changes++
        for (const key of keys) this.#rows.delete(key)
        return store.remove(keys)
      },
    }
  }

  users(users: Users): Users {
    return {
      ...bound(users),
      create: async (user) => {
        this.changes++
        const outcome = await users.create(user)
        if (outcome.kind === 'created') this.#ids.push(outcome.user.id)
        return outcome
      },
      update: (id, version, changes) => {
        this.changes++
        return users.update(id, version, changes)
      },
      remove: (id) => {
        this.changes++
        return users.remove(id)
      },
    }
  }
}

/** One line for each thing, in an order that does not depend on chance. */
function masked(parts: Readonly<Record<string, readonly unknown[]>>): string {
  const lines = Object.entries(parts).flatMap(([name, things]) =>
    things.map((thing) => `${name} ${maskRandom(JSON.stringify(thing))}`),
  )
  return lines.sort().join('\n')
}

export function maskRandom(text: string): string {
  return text.replace(/[A-Za-z0-9+/_-]{16,}/g, '*')
}

/** A second factor that everybody has and nobody passes. */
function codeMethod(users: Users): LoginMethod {
  return {
    id: 'code',
    factor: 'second',
    enrolled: async () => true,
    actions: {
      verify: async (_, attempt) => {
        const user = attempt.userId === null ? null : await users.find(attempt.userId)
        await attempt.begin({ user, identifier: 'code' })
        return { kind: 'refused', code: 'invalid_credentials' }
      },
    },
  }
}
