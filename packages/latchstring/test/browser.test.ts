import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { after, before, suite, type TestContext, test } from 'node:test'
import express, { type Express } from 'express'
import { type Auth, createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { IS_CHROMIUM_MISSING, inChromium, launchWholeChromium } from './chromium.ts'
import { createCertificate } from './http/certificate.ts'
import { type Certificate, listen, newApp } from './http/server.ts'

const certificate = createCertificate()

/** The browser takes our certificate by the hash of its key, and still treats the connection as secure. */
function certificateFlag({ cert }: Certificate): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`
}

const LOGIN_FORM = '<form method="post" action="/login"><button>Log in</button></form>'
const LOGOUT_FORM = '<form method="post" action="/logout"><button>Log out</button></form>'

/** A small application of pages, as a person sees it. */
function createPages(auth: Auth): Express {
  const app = newApp()
  app.use(auth.sessionMiddleware, express.urlencoded({ extended: false }))
  app.get('/login', (_, res) => void res.send(LOGIN_FORM))
  app.post('/login', (req, res) => {
    auth.generateSession(req, { id: 'ann', username: 'Ann' })
    res.redirect(303, '/protected')
  })
  app.get('/protected', auth.authenticate, (req, res) => {
    res.send(`<h1>Hello ${req.session.username}</h1>${LOGOUT_FORM}`)
  })
  app.post('/logout', (req, res) => {
    auth.endSession(req)
    res.redirect(303, '/login')
  })
  return app
}

interface Site {
  readonly url: string
  readonly page: Page
  readonly context: BrowserContext
}

suite(inChromium('in Chromium'), { skip: IS_CHROMIUM_MISSING }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchWholeChromium(certificate === null ? [] : [certificateFlag(certificate)])
  })
  after(() => browser.close())

  async function open(t: TestContext, { production = false, tls = false } = {}): Promise<Site> {
    const auth = createAuth({ store: memoryStore(), production, loginPage: '/login', warn: () => {} })
    const origin = await listen(t, createPages(auth), tls && certificate !== null ? certificate : undefined)
    const context = await browser.newContext()
    t.after(async () => {
      await context.close()
      auth.close()
    })
    return { url: origin.replace('127.0.0.1', 'localhost'), page: await context.newPage(), context }
  }

  async function logIn({ url, page }: Site): Promise<void> {
    await page.goto(`${url}/protected`)
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, '/login?returnTo=%2Fprotected')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { name: 'Hello Ann' }).waitFor()
  }

  async function isLoggedIn({ url, page }: Site): Promise<boolean> {
    await page.goto(`${url}/protected`)
    return new URL(page.url()).pathname === '/protected'
  }

  const settings = [
    { name: 'http://localhost in development', production: false, tls: false, cookie: 'latchstring' },
    {
      name: 'http://localhost in production',
      production: true,
      tls: false,
      cookie: '__Host-Http-latchstring',
    },
    { name: 'https in development', production: false, tls: true, cookie: '__Host-Http-latchstring' },
    { name: 'https in production', production: true, tls: true, cookie: '__Host-Http-latchstring' },
  ]
  for (const { name, production, tls, cookie } of settings) {
    test(`C-01: over ${name} a person logs in and out, and no script sees the cookie`, {
      skip: tls && certificate === null ? 'openssl is not installed' : false,
    }, async (t) => {
      const site = await open(t, { production, tls })
      await logIn(site)
      const cookies = await site.context.cookies(site.url)
      const seen = cookies.map(({ name, secure, httpOnly, sameSite, path, domain }) => {
        return { name, secure, httpOnly, sameSite, path, domain }
      })
      const secure = tls || production
      const expected = {
        name: cookie,
        secure,
        httpOnly: true,
        sameSite: 'Lax',
        path: '/',
        domain: 'localhost',
      }
      assert.deepEqual(seen, [expected])
      assert.equal(await site.page.evaluate('document.cookie'), '')

      await site.page.getByRole('button', { name: 'Log out' }).click()
      await site.page.getByRole('button', { name: 'Log in' }).waitFor()
      assert.deepEqual(await site.context.cookies(site.url), [])
      assert.equal(await isLoggedIn(site), false)
    })
  }

  test('C-01: a script cannot plant a cookie under the secure name', async (t) => {
    const site = await open(t, { production: true })
    await site.page.goto(`${site.url}/login`)
    const token = 'A'.repeat(43)
    await site.page.evaluate(`document.cookie = '__Host-Http-latchstring=${token}; path=/; secure'`)
    assert.deepEqual(await site.context.cookies(site.url), [])
  })

  for (const elsewhere of ['127.0.0.1', 'localhost'] as const) {
    test(`W-01: a form of another site at ${elsewhere} cannot log out, and the session lives`, async (t) => {
      const site = await open(t)
      await logIn(site)
      const attack = `<form method="post" action="${site.url}/logout"><button>Win a prize</button></form>`
      const evil = await listen(t, (_, res) => {
        res.setHeader('Content-Type', 'text/html')
        res.end(attack)
      })
      await site.page.goto(evil.replace('127.0.0.1', elsewhere))
      const [reply] = await Promise.all([
        site.page.waitForResponse(`${site.url}/logout`),
        site.page.getByRole('button').click(),
      ])
      assert.equal(reply.status(), 403)
      assert.match(await reply.text(), /Cross-origin request refused/)
      assert.equal(await isLoggedIn(site), true)
    })

    test(`W-01: a script of another site at ${elsewhere} can neither act nor read`, async (t) => {
      const site = await open(t)
      await logIn(site)
      const evil = await listen(t, (_, res) => void res.end('x'))
      await site.page.goto(evil.replace('127.0.0.1', elsewhere))
      const act = (path: string, method: string) =>
        site.page.evaluate(
          `fetch('${site.url}${path}', { method: '${method}', credentials: 'include' }).then(() => 'read', () => 'refused')`,
        )
      assert.equal(await act('/logout', 'POST'), 'refused')
      assert.equal(await act('/protected', 'GET'), 'refused')
      assert.equal(await isLoggedIn(site), true)
    })
  }

  test('C-09: the Back button after the log-out does not show the protected page again', async (t) => {
    const site = await open(t)
    await logIn(site)
    const reply = await site.page.goto(`${site.url}/protected`)
    assert.match(reply?.headers()['cache-control'] ?? '', /no-store/)
    await site.page.getByRole('button', { name: 'Log out' }).click()
    await site.page.getByRole('button', { name: 'Log in' }).waitFor()
    await site.page.goBack()
    await site.page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.equal((await site.page.content()).includes('Hello Ann'), false)
  })
})
