import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { RedisStore } from 'connect-redis'
import express, { type Express } from 'express'
import session from 'express-session'
import { createAuth } from 'latchstring/express'
import { expressSession } from 'latchstring/migrate'
import { redisStore } from 'latchstring/stores/redis'
import { Passport } from 'passport'
import { Strategy } from 'passport-local'
import { createClient } from 'redis'
import { IS_CHROMIUM_MISSING, inChromium, launchChromium } from '../chromium.ts'
import { newApp } from '../http/server.ts'
import { freshPrefix } from '../redis-support.ts'
import { describeWith } from '../servers.ts'
import { COOKIE, DAY, idsIn, OLD_COOKIE, SECRET } from './support.ts'

const LOGIN_FORM =
  '<form method="post" action="/login"><input name="username"><input name="password"><button>Log in</button></form>'
const CART_FORM = '<form method="post" action="/cart"><button>Buy tea</button></form>'
const LOGOUT_FORM = '<form method="post" action="/logout"><button>Log out</button></form>'

function shopPage(name: string, cart: unknown): string {
  return `<h1>Hello ${name}</h1><p>Cart: ${JSON.stringify(cart ?? [])}</p>${CART_FORM}${LOGOUT_FORM}`
}

/** As the manuals of express-session, passport and connect-redis write it. */
function oldShop(store: RedisStore): Express {
  const passport = new Passport()
  passport.use(
    new Strategy((username, password, done) =>
      done(null, password === 'correct horse' ? { id: username } : false),
    ),
  )
  passport.serializeUser((user, done) => done(null, user.id))
  passport.deserializeUser((id: string, done) => done(null, { id }))
  const app = newApp()
  const cookie = { maxAge: 14 * DAY }
  app.use(session({ secret: SECRET, store, resave: false, saveUninitialized: false, cookie }))
  app.use(express.urlencoded({ extended: false }), passport.initialize(), passport.session())
  app.get('/login', (_, res) => void res.send(LOGIN_FORM))
  app.post('/login', passport.authenticate('local', { successRedirect: '/' }))
  app.post('/cart', (req, res) => {
    req.session.cart = [...(req.session.cart ?? []), 'tea']
    req.session.save(() => res.redirect(303, '/'))
  })
  app.get('/', (req, res) => {
    if (req.user === undefined) res.redirect('/login')
    else res.send(shopPage(req.user.id, req.session.cart))
  })
  return app
}

/** The same shop after docs/migration.md. */
function movedShop(t: TestContext, store: RedisStore, client: Parameters<typeof redisStore>[0]): Express {
  const auth = createAuth({
    store: redisStore(client, { prefix: freshPrefix() }),
    loginPage: '/login',
    migrate: { from: expressSession({ secret: SECRET, store }), until: new Date('2099-01-01') },
  })
  t.after(() => auth.close())
  const app = newApp().use(auth.sessionMiddleware)
  app.get('/login', (_, res) => void res.send(LOGIN_FORM))
  app.post('/cart', auth.authenticate, (req, res) => {
    req.session.cart = [...(req.session.cart ?? []), 'tea']
    res.redirect(303, '/')
  })
  app.post('/logout', (req, res) => {
    auth.endSession(req)
    res.redirect(303, '/login')
  })
  app.get('/', auth.authenticate, (req, res) => {
    res.send(shopPage(String(req.session.userId), req.session.cart))
  })
  return app
}

declare module 'latchstring' {
  interface SessionData {
    cart?: string[]
  }
}

async function serve(listener: RequestListener, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return { server, port: address.port }
}

async function stop(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

describeWith('redis', inChromium('a person in Chromium, when the shop moves'), (url) => {
  test('stays logged in over a reload, with the cart, under a new cookie', {
    skip: IS_CHROMIUM_MISSING,
  }, async (t) => {
    const client = await createClient({ url }).connect()
    const oldStore = new RedisStore({ client, prefix: freshPrefix() })
    const browser = await launchChromium()
    const context = await browser.newContext()
    const page = await context.newPage()
    const { server: oldServer, port } = await serve(oldShop(oldStore))
    const home = `http://localhost:${port}/`

    await page.goto(home)
    await page.locator('[name=username]').fill('ann')
    await page.locator('[name=password]').fill('correct horse')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('button', { name: 'Buy tea' }).click()
    await page.getByText('Cart: ["tea"]').waitFor()
    const names = async () => (await context.cookies(home)).map(({ name }) => name)
    assert.deepEqual(await names(), [OLD_COOKIE])
    assert.equal((await idsIn(oldStore)).length, 1)
    await stop(oldServer)

    const { server } = await serve(movedShop(t, oldStore, client), port)
    t.after(async () => {
      await browser.close()
      await stop(server)
      client.destroy()
    })
    await page.reload()
    await page.getByRole('heading', { name: 'Hello ann' }).waitFor()
    await page.getByText('Cart: ["tea"]').waitFor()
    assert.deepEqual(await names(), [COOKIE])
    assert.deepEqual(await idsIn(oldStore), [])
    const [cookie] = await context.cookies(home)
    const days = ((cookie?.expires ?? 0) * 1_000 - Date.now()) / DAY
    assert.ok(days > 13.9 && days <= 14, `${days} days`)

    await page.getByRole('button', { name: 'Buy tea' }).click()
    await page.getByText('Cart: ["tea","tea"]').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    assert.deepEqual(await names(), [])
    await page.goto(home)
    assert.equal(new URL(page.url()).pathname, '/login')
  })
})
