import assert from 'node:assert/strict'
import { type RequestListener, request } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { type Auth, createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { createCertificate } from './http/certificate.ts'
import { answer, Browser, type Reply, setCookiesOf } from './http/client.ts'
import { createApp, listen, type SiteOptions, testAuth } from './http/server.ts'

const PLAIN = 'latchstring'
const SECURE = '__Host-Http-latchstring'
const PRODUCTION: SiteOptions = { production: true }
const certificate = createCertificate()
const skip = certificate === null ? 'openssl is not installed' : false

interface Deployment {
  readonly browser: Browser
  readonly lines: string[]
  readonly auth: Auth
}

interface Setting {
  readonly options?: SiteOptions
  readonly trustProxy?: number | boolean
  readonly tls?: boolean
  /** A proxy that ends TLS stands before the application. */
  readonly proxy?: boolean
}

/** An application as it may be deployed, and a browser at its outer end. */
async function deploy(t: TestContext, setting: Setting = {}): Promise<Deployment> {
  const { options = {}, trustProxy, tls = false, proxy = false } = setting
  const { auth, lines } = testAuth(t, { store: memoryStore(), ...options })
  const app = createApp(auth)
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy)
  const inner = await listen(t, app, tls && !proxy && certificate !== null ? certificate : undefined)
  if (!proxy || certificate === null) return { browser: new Browser(inner), lines, auth }
  return { browser: new Browser(await listen(t, forwardTo(inner), certificate)), lines, auth }
}

/** What a proxy that ends TLS does: it speaks http to the application and says how it was spoken to. */
function forwardTo(origin: string): RequestListener {
  return (incoming, outgoing) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' }
    const onward = request(`${origin}${incoming.url}`, { method: incoming.method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    })
    incoming.pipe(onward)
  }
}

function cookieShape(reply: Reply): { name: string | undefined; attributes: string[] } {
  const [cookie] = setCookiesOf(reply)
  return { name: cookie?.name, attributes: [...(cookie?.attributes ?? [])].map((pair) => pair.join('=')) }
}

async function goThrough({ browser }: Deployment): Promise<Reply> {
  const login = await browser.post('/login')
  assert.deepEqual(answer(login), [200, { message: 'Login successful' }])
  assert.equal((await browser.get('/protected')).status, 200)
  await browser.post('/logout')
  assert.equal((await browser.get('/protected')).status, 401)
  return login
}

const PLAIN_COOKIE = { name: PLAIN, attributes: ['path=/', 'httponly=', 'samesite=Lax'] }
const SECURE_COOKIE = { name: SECURE, attributes: ['path=/', 'httponly=', 'samesite=Lax', 'secure='] }

suite('the cookie fits the way the application is reached', () => {
  test('C-01, C-03, T22: http in development works with the plain name and without Secure', async (t) => {
    const deployment = await deploy(t)
    assert.deepEqual(cookieShape(await goThrough(deployment)), PLAIN_COOKIE)
    assert.deepEqual(deployment.lines, [])
  })

  test('C-01, T22: https works with the prefixed name and Secure, in development as in production', {
    skip,
  }, async (t) => {
    for (const options of [{}, PRODUCTION]) {
      const deployment = await deploy(t, { options, tls: true })
      assert.deepEqual(cookieShape(await goThrough(deployment)), SECURE_COOKIE)
      assert.deepEqual(deployment.lines, [])
    }
  })

  test('C-01, T22: behind a proxy that ends TLS it works with trust proxy, without any warning', {
    skip,
  }, async (t) => {
    for (const options of [{}, PRODUCTION]) {
      const deployment = await deploy(t, { options, proxy: true, trustProxy: 1 })
      assert.deepEqual(cookieShape(await goThrough(deployment)), SECURE_COOKIE)
      assert.deepEqual(deployment.lines, [])
    }
  })

  test('C-01, T22: behind such a proxy without trust proxy, production still works and sends Secure', {
    skip,
  }, async (t) => {
    const deployment = await deploy(t, { options: PRODUCTION, proxy: true })
    assert.deepEqual(cookieShape(await goThrough(deployment)), SECURE_COOKIE)
    assert.equal(deployment.lines.length, 1)
  })

  test('C-01, T22: development behind such a proxy without trust proxy still logs in', {
    skip,
  }, async (t) => {
    assert.deepEqual(cookieShape(await goThrough(await deploy(t, { proxy: true }))), PLAIN_COOKIE)
  })

  test('C-01, C-03: production over plain http sends Secure, and warns once with trust proxy', async (t) => {
    const deployment = await deploy(t, { options: PRODUCTION })
    for (let count = 0; count < 5; count++) {
      assert.deepEqual(cookieShape(await deployment.browser.post('/login')), SECURE_COOKIE)
    }
    assert.equal(deployment.lines.length, 1)
    assert.match(deployment.lines[0] ?? '', /trust proxy.*1/)
    assert.equal(deployment.lines[0]?.includes('\n'), false)
  })

  test('C-01: nobody can switch Secure off by a header', async (t) => {
    const { browser } = await deploy(t, { options: PRODUCTION, trustProxy: true })
    for (const proto of ['http', 'http, https', 'ftp', '']) {
      const login = await browser.post('/login', {}, { 'x-forwarded-proto': proto })
      assert.deepEqual(cookieShape(login), SECURE_COOKIE)
    }
  })

  test('C-03: without trust proxy the header X-Forwarded-Proto means nothing', async (t) => {
    const { browser } = await deploy(t)
    const login = await browser.post('/login', {}, { 'x-forwarded-proto': 'https' })
    assert.deepEqual(cookieShape(login), PLAIN_COOKIE)
  })
})

suite('the two cookies never mix', () => {
  /** Two applications on one store, so that only the name of the cookie can keep a token out. */
  async function startBoth(t: TestContext): Promise<{ plain: Deployment; secure: Deployment[] }> {
    const store = memoryStore()
    const plain = await deploy(t, { options: { store } })
    const production = await deploy(t, { options: { store, ...PRODUCTION } })
    const https = certificate === null ? [] : [await deploy(t, { options: { store }, tls: true })]
    return { plain, secure: [production, ...https] }
  }

  test('C-03, T23: the cookie of development is refused in production and over https', async (t) => {
    const { plain, secure } = await startBoth(t)
    await plain.browser.post('/login')
    const token = plain.browser.jar.get(PLAIN) ?? ''
    for (const { browser } of secure) {
      browser.jar.set(PLAIN, token)
      assert.equal((await browser.get('/protected')).status, 401)
      browser.jar.set(SECURE, token)
      assert.equal((await browser.get('/protected')).status, 200)
    }
  })

  test('C-03, T23: the cookie of production is refused over http in development', async (t) => {
    const { plain, secure } = await startBoth(t)
    for (const { browser } of secure) {
      await browser.post('/login')
      const token = browser.jar.get(SECURE) ?? ''
      plain.browser.jar.clear()
      plain.browser.jar.set(SECURE, token)
      assert.equal((await plain.browser.get('/protected')).status, 401)
    }
  })

  test('C-03: a planted cookie of the plain name changes nothing for a secure session', async (t) => {
    const { secure } = await startBoth(t)
    for (const { browser } of secure) {
      await browser.post('/login')
      browser.jar.set(PLAIN, 'A'.repeat(43))
      assert.equal((await browser.get('/protected')).status, 200)
    }
  })
})

test('C-03: the warning goes to console.warn unless the application takes it', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {})
  const auth = createAuth({ store: memoryStore(), production: true })
  t.after(() => auth.close())
  const browser = new Browser(await listen(t, createApp(auth)))
  await browser.get('/protected')
  await browser.get('/protected')
  assert.equal(warn.mock.callCount(), 1)
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /^latchstring: .*trust proxy/)
})
