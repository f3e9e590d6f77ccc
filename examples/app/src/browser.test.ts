import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext } from 'playwright-core'
import { bringAxe, violationsOn } from '../../../packages/latchstring/test/axe.ts'
import {
  IS_CHROMIUM_MISSING,
  inChromium,
  launchChromium,
} from '../../../packages/latchstring/test/chromium.ts'
import { ANNA, startApp } from './testing/app.ts'

const PICTURES = fileURLToPath(new URL('../../../artifacts/screenshots/app/', import.meta.url))
const PHONE = { width: 320, height: 640 }

suite(inChromium('the pages of the app itself'), { skip: IS_CHROMIUM_MISSING }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchChromium()
    await mkdir(PICTURES, { recursive: true })
  })
  after(() => browser.close())

  /** A context in which Anna is logged in. */
  async function logInAnna(url: string, colorScheme: 'light' | 'dark'): Promise<BrowserContext> {
    const context = await browser.newContext({ colorScheme, viewport: PHONE })
    const reply = await context.request.post(`${url}/signup`, {
      data: { ...ANNA, username: colorScheme, email: `${colorScheme}@example.test` },
    })
    assert.equal(reply.status(), 201)
    return context
  }

  test('fit a phone and hide nothing from anybody, light and dark', async (t) => {
    const { url } = await startApp(t)
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await logInAnna(url, colorScheme)
      const page = await context.newPage()
      for (const name of ['protected', 'not-found']) {
        await page.goto(`${url}/${name}`)
        await page.screenshot({ path: `${PICTURES}${name}-${colorScheme}.png` })
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width)
        await bringAxe(page)
        assert.deepEqual(await violationsOn(page), [], `${name}, ${colorScheme}`)
      }
      await context.close()
    }
  })

  test('are reached by whoever signs up on the way, in pages without JavaScript', async (t) => {
    const { url } = await startApp(t)
    const context = await browser.newContext({ javaScriptEnabled: false })
    t.after(() => context.close())
    const page = await context.newPage()
    await page.goto(`${url}/protected`)
    await page.getByRole('link', { name: 'Sign up' }).click()
    await page.getByLabel('Email').fill(ANNA.email)
    await page.getByLabel('Password').fill(ANNA.password)
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByText('You are authenticated!').waitFor()
    assert.equal(page.url(), `${url}/protected`)
  })
})
