import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type AccountOptions, accounts } from 'latchstring/accounts'
import { memoryUsers } from 'latchstring/users/memory'
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { listen, newApp, type TestAuth, testAuth } from '../http/server.ts'
import type { Gallery } from './gallery.ts'
import { ANNA, type Person } from './site.ts'

export interface PeopleSite extends TestAuth {
  readonly origin: string
}

/** A running application as people see it in development: at http://localhost, with its mails in the outbox. */
export async function startForPeople(
  t: TestContext,
  account: Partial<AccountOptions> = {},
): Promise<PeopleSite> {
  const app = newApp()
  // The port is part of the links in mails: the application listens before it knows its accounts.
  const origin = (await listen(t, app)).replace('127.0.0.1', 'localhost')
  const feature = accounts({ users: memoryUsers(), baseUrl: origin, ...account })
  const made = testAuth(t, { accounts: feature })
  app.use(made.auth.routes())
  app.get('/', made.auth.homePage)
  app.get('/members', made.auth.authenticate, (_, res) => void res.send('<h1>For members</h1>'))
  return { ...made, origin }
}

/** A busy machine may take its time; a page that never comes must not take the whole run. Milliseconds. */
const PATIENCE = 15_000

interface Surroundings {
  readonly site: PeopleSite
  readonly gallery: Gallery
  readonly context: BrowserContext
}

/** Somebody at a browser in which no script runs, who reads, fills in and clicks. */
export class Visitor {
  readonly #surroundings: Surroundings
  readonly page: Page

  constructor(surroundings: Surroundings, page: Page) {
    this.#surroundings = surroundings
    this.page = page
  }

  /** Path and query of the page. */
  get path(): string {
    const { pathname, search } = new URL(this.page.url())
    return pathname + search
  }

  get context(): BrowserContext {
    return this.#surroundings.context
  }

  async tab(): Promise<Visitor> {
    return new Visitor(this.#surroundings, await this.context.newPage())
  }

  async goTo(path: string): Promise<void> {
    await this.page.goto(this.#surroundings.site.origin + path)
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true })
  }

  async fillIn(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await this.field(label).fill(value)
  }

  /** Clicks a button, and waits for the page that comes. */
  press(name: string, where: Page | Locator = this.page): Promise<void> {
    return this.#click(where.getByRole('button', { name, exact: true }))
  }

  /** Clicks a link, and waits for the page that comes. */
  follow(name: string, where: Page | Locator = this.page): Promise<void> {
    return this.#click(where.getByRole('link', { name, exact: true }))
  }

  /** Opens the outbox, and the link in the newest mail with this subject. */
  async followMail(subject: string): Promise<void> {
    await this.openOutbox()
    const heading = this.page.getByRole('heading', { name: subject, exact: true })
    const mail = this.page.getByRole('article').filter({ has: heading }).first()
    await this.#click(mail.getByRole('link'))
  }

  async openOutbox(): Promise<void> {
    // Mails are on their way for a moment.
    await this.#surroundings.site.auth.settled()
    await this.goTo('/outbox')
  }

  async #click(target: Locator): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), target.click()])
  }

  async signUp({ email, username = '', password }: Person = ANNA): Promise<void> {
    await this.goTo('/signup')
    await this.fillIn({ Email: email, 'Username (optional)': username, Password: password })
    await this.press('Sign up')
  }

  async logIn({ email, password }: Person = ANNA): Promise<void> {
    await this.goTo('/login')
    await this.fillIn({ 'Email or username': email, Password: password })
    await this.press('Log in')
  }

  /** By the menu, which every page of a member has. */
  logOut(): Promise<void> {
    return this.press('Log out', this.page.getByRole('banner'))
  }

  /** One of the devices of the account, by a part of what is said of it. */
  device(text: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: text })
  }

  /** Is on the page with this title, a picture of which is kept if it has a name. */
  async sees(title: string, picture?: string): Promise<void> {
    assert.equal(await this.page.getByRole('heading', { level: 1 }).textContent(), title)
    if (picture !== undefined) await this.#surroundings.gallery.keep(this.page, picture)
  }

  /** Finds this text on the page. */
  async reads(text: string): Promise<void> {
    const main = await this.page.getByRole('main').textContent()
    assert.ok(main?.includes(text), `no "${text}" in: ${main}`)
  }

  /** Is told this above the content of the page. */
  async isTold(text: string, role: 'status' | 'alert' = 'status'): Promise<void> {
    assert.equal(await this.page.getByRole(role).textContent(), text)
  }

  /** Finds the cursor in a field that says what is wrong with it. Chromium may put it there after the page has loaded. */
  async isToldAt(label: string, description: RegExp): Promise<void> {
    const field = this.page.getByRole('textbox', { name: label, exact: true, description })
    const focused = field.and(this.page.locator(':focus'))
    await focused.waitFor().catch(async () => assert.fail(String(await this.page.textContent('main'))))
  }
}

/** Browsers for people who come and go. */
export class Seats {
  readonly #browser: Browser
  readonly #gallery: Gallery
  readonly #free: Seat[] = []

  constructor(browser: Browser, gallery: Gallery) {
    this.#browser = browser
    this.#gallery = gallery
  }

  /** Gives somebody a browser of their own until the test is over. */
  async take(t: TestContext, site: PeopleSite, options: BrowserContextOptions): Promise<Visitor> {
    const { context } = this.#freeWith(options) ?? (await this.#open(options))
    t.after(() => this.#clear({ context, options }))
    const [page = await context.newPage()] = context.pages()
    return new Visitor({ site, gallery: this.#gallery, context }, page)
  }

  #freeWith(options: BrowserContextOptions): Seat | null {
    const index = this.#free.findIndex((seat) => seat.options === options)
    return index < 0 ? null : (this.#free.splice(index, 1)[0] ?? null)
  }

  async #open(options: BrowserContextOptions): Promise<Seat> {
    const context = await this.#browser.newContext({ ...options, javaScriptEnabled: false })
    context.setDefaultTimeout(PATIENCE)
    return { context, options }
  }

  /** To open a window takes Chromium a second, and without scripts nobody leaves more behind than cookies. */
  async #clear(seat: Seat): Promise<void> {
    const [page, ...others] = seat.context.pages()
    // Somebody has closed it.
    if (page === undefined) return
    for (const other of others) await other.close()
    await seat.context.clearCookies()
    this.#free.push(seat)
  }
}

interface Seat {
  readonly context: BrowserContext
  readonly options: BrowserContextOptions
}
