import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Express } from 'express'
import { type AccountOptions, accounts } from 'latchstring/accounts'
import { memoryUsers } from 'latchstring/users/memory'
import { parseEmail } from '../../src/auth/identifiers.ts'
import type { Mail, User, Users } from '../../src/auth/types.ts'
import { Browser, type Reply } from '../http/client.ts'
import { listen, newApp, type SiteOptions, type TestAuth, testAuth } from '../http/server.ts'

const PASSWORD = 'correct horse battery staple'
export const ANNA = { email: 'anna@example.test', username: 'anna', password: PASSWORD }
export const BERT = { email: 'bert@example.test', username: 'bert', password: PASSWORD }

/** What a browser's address bar and forms send. */
export const PAGE = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

export interface Person {
  readonly email: string
  readonly username?: string
  readonly password: string
}

export interface AccountSite extends TestAuth {
  readonly origin: string
  readonly users: Users
  /** Those that were sent so far, the newest last. */
  mails(): Promise<readonly Mail[]>
  /** The token in the newest mail to an address. */
  mailedToken(to: string): Promise<string>
  browser(): Browser
  /** A browser in which somebody has just signed up. */
  member(person?: Person): Promise<Browser>
  user(person?: Person): Promise<User>
}

export interface AccountSiteOptions extends SiteOptions {
  readonly account?: Partial<AccountOptions>
  readonly addRoutes?: (app: Express, site: TestAuth) => void
}

/** A running application with `auth.routes()`, users in memory and mails that are kept. */
export async function startAccounts(
  t: TestContext,
  { account = {}, addRoutes = () => {}, ...options }: AccountSiteOptions = {},
): Promise<AccountSite> {
  const sent: Mail[] = []
  const users = account.users ?? memoryUsers()
  const mail = async (one: Mail) => void sent.push(one)
  const feature = accounts({ mail, baseUrl: 'https://app.example.test', ...account, users })
  const made = testAuth(t, { ...options, accounts: feature })
  const { auth } = made
  const app = newApp()
  app.use(auth.routes())
  app.get('/protected', auth.authenticate, (req, res) => {
    res.json({ userId: req.session.userId, username: req.session.username })
  })
  addRoutes(app, made)
  const origin = await listen(t, app)
  const mails = async () => {
    await auth.settled()
    return sent
  }
  return {
    ...made,
    origin,
    users,
    mails,
    mailedToken: async (to) => tokenIn((await mails()).findLast((one) => one.to === to)),
    browser: () => new Browser(origin),
    async member(person = ANNA) {
      const browser = new Browser(origin)
      const { status, body } = await browser.post('/signup', person)
      assert.equal(status, 201, body)
      return browser
    },
    async user({ email } = ANNA) {
      const user = await users.findByEmail(parseEmail(email)?.key ?? '')
      assert.ok(user !== null)
      return user
    },
  }
}

function tokenIn(mail: Mail | undefined): string {
  const [, token] = /\?token=([A-Za-z0-9_-]{43})\b/.exec(mail?.text ?? '') ?? []
  assert.ok(token !== undefined, `no token in the mail ${JSON.stringify(mail)}`)
  return token
}

/** Logs in with a browser. */
export function logIn(browser: Browser, { email, password }: Person = ANNA): Promise<Reply> {
  return browser.post('/login', { email, password })
}

export async function isLoggedIn(browser: Browser): Promise<boolean> {
  const { status } = await browser.get('/protected')
  assert.ok(status === 200 || status === 401)
  return status === 200
}

export function codeOf({ body }: Reply): unknown {
  const { code }: { code?: unknown } = JSON.parse(body)
  return code
}

/** The same users as plain functions, for a test that replaces some of them. */
export function bound(users: Users): Users {
  return {
    find: (id) => users.find(id),
    findByEmail: (key) => users.findByEmail(key),
    findByUsername: (key) => users.findByUsername(key),
    create: (user) => users.create(user),
    update: (id, version, changes) => users.update(id, version, changes),
    remove: (id) => users.remove(id),
  }
}
