import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { after, before, suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { PAGE_HEADERS, STYLESHEET_HEADERS, TOKEN_PAGE_HEADERS } from '../src/pages/headers.ts'
import { STYLESHEET, stylesheetPath } from '../src/pages/stylesheet.ts'
import { bringAxe, showInstead, violationsOn } from './axe.ts'
import { IS_CHROMIUM_MISSING, inChromium, launchChromium } from './chromium.ts'
import { listen } from './http/server.ts'
import { LANGUAGES, pageSamples } from './pages-support.ts'

const SCREENSHOTS = fileURLToPath(new URL('../../../artifacts/screenshots/', import.meta.url))
const DESKTOP = { width: 1100, height: 800 }
const PHONE = { width: 320, height: 640 }
const COLOR_SCHEMES = ['light', 'dark'] as const

/** What each page is, and which are reached by a mailed link. */
const NAMES = pageSamples('en').map(({ name }) => name)
/** Every page once, without the states that differ in a few words only. */
const PAGES = NAMES.filter((name) => !/-(weak|taken|wrong|throttled|alone|empty|old|unverified)$/.test(name))
const MAILED = ['reset-password', 'verify-email', 'confirm-email', 'undo-email', 'not-me']

interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** The pages at `/<language>/<name>`, and what was asked of it. Forms lead nowhere. */
async function serve(t: TestContext): Promise<{ origin: string; seen: SeenRequest[] }> {
  const documents = new Map(
    LANGUAGES.flatMap((language) =>
      pageSamples(language).map(({ name, document }) => [`/${language}/${name}`, document]),
    ),
  )
  const seen: SeenRequest[] = []
  const origin = await listen(t, ({ method = '', url = '', headers }, response) => {
    seen.push({ method, path: url, headers })
    const [path = ''] = url.split('?')
    const isMailed = MAILED.some((name) => path.endsWith(`/${name}`))
    if (path === stylesheetPath(STYLESHEET))
      response.writeHead(200, { ...STYLESHEET_HEADERS }).end(STYLESHEET)
    else
      response.writeHead(200, { ...(isMailed ? TOKEN_PAGE_HEADERS : PAGE_HEADERS) }).end(documents.get(path))
  })
  return { origin: origin.replace('127.0.0.1', 'localhost'), seen }
}

suite(inChromium('pages in Chromium'), { skip: IS_CHROMIUM_MISSING }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchChromium()
    await mkdir(SCREENSHOTS, { recursive: true })
  })
  after(() => browser.close())

  async function open(t: TestContext, options: BrowserContextOptions): Promise<Page> {
    const context: BrowserContext = await browser.newContext(options)
    t.after(() => context.close())
    return context.newPage()
  }

  for (const colorScheme of COLOR_SCHEMES) {
    test(`every page looks as in artifacts/screenshots, ${colorScheme}, without JavaScript`, async (t) => {
      const { origin } = await serve(t)
      const page = await open(t, { colorScheme, javaScriptEnabled: false, viewport: DESKTOP })
      for (const name of NAMES) {
        await page.goto(`${origin}/en/${name}`)
        await page.screenshot({ path: `${SCREENSHOTS}${name}-${colorScheme}.png`, fullPage: true })
      }
    })
  }

  test('every page fits a phone of 320 pixels in every language, without JavaScript', async (t) => {
    const { origin } = await serve(t)
    const page = await open(t, { javaScriptEnabled: false, viewport: PHONE })
    for (const language of LANGUAGES) {
      for (const name of NAMES) {
        await page.goto(`${origin}/${language}/${name}`)
        const width = await page.evaluate('document.documentElement.scrollWidth')
        assert.equal(width, PHONE.width, `${language}/${name} scrolls sideways`)
        if (language === 'en')
          await page.screenshot({ path: `${SCREENSHOTS}${name}-phone.png`, fullPage: true })
      }
    }
  })

  /** Colours, which take the longest to look at, do not depend on the language. */
  const looks = [
    ...COLOR_SCHEMES.map((colorScheme) => ({ language: 'en' as const, colorScheme, names: NAMES, skip: [] })),
    ...LANGUAGES.filter((language) => language !== 'en').map((language) => {
      return { language, colorScheme: 'light' as const, names: PAGES, skip: ['color-contrast'] }
    }),
  ]
  for (const { language, colorScheme, names, skip } of looks) {
    test(`axe finds nothing on any page in ${language}, ${colorScheme}`, async (t) => {
      const { origin } = await serve(t)
      const page = await open(t, { colorScheme, viewport: DESKTOP })
      await page.goto(`${origin}/${language}/${names[0]}`)
      await bringAxe(page)
      const found: string[] = []
      for (const { name, document } of pageSamples(language).filter((sample) =>
        names.includes(sample.name),
      )) {
        await showInstead(page, document)
        found.push(...(await violationsOn(page, skip)).map((violation) => `${name}: ${violation}`))
      }
      assert.deepEqual(found, [])
    })
  }

  test('W-07: the policy stops nothing that a page needs, and a script that got in would not run', async (t) => {
    const { origin } = await serve(t)
    const page = await open(t, {})
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    for (const name of NAMES) await page.goto(`${origin}/en/${name}`)
    assert.deepEqual(complaints, [])
    const button = page.getByRole('heading')
    assert.notEqual(
      await button.first().evaluate('getComputedStyle(document.body).backgroundColor'),
      'rgba(0, 0, 0, 0)',
    )
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = "ran"' }))`,
    )
    assert.notEqual(await page.title(), 'ran')
    assert.match(complaints.join('\n'), /Content Security Policy/)
  })

  test('E-07: no request after a mailed page tells its token, and its form has a usable Origin (T64)', async (t) => {
    const { origin, seen } = await serve(t)
    const page = await open(t, { javaScriptEnabled: false })
    for (const name of MAILED) {
      await page.goto(`${origin}/en/${name}?token=SECRET`)
      if (name === 'reset-password') await page.getByLabel('New password').fill('correct horse battery')
      await page.getByRole('button').click()
      await page.waitForURL((url) => !url.href.includes('SECRET'))
      await page.goto(`${origin}/en/${name}?token=SECRET`)
      await page.getByRole('link', { name: 'Fernweh' }).click()
      await page.waitForURL(`${origin}/`)
    }
    const posts = seen.filter(({ method }) => method === 'POST')
    assert.equal(posts.length, MAILED.length)
    for (const { headers } of posts) {
      assert.equal(headers.origin, origin)
      assert.equal(headers.referer, `${origin}/`)
      assert.equal(headers['sec-fetch-site'], 'same-origin')
    }
    for (const { headers } of seen) assert.equal(headers.referer?.includes('SECRET') ?? false, false)
  })

  test('a person with a keyboard reaches everything, in the order of the page, and sees where they are', async (t) => {
    const { origin } = await serve(t)
    const page = await open(t, { viewport: DESKTOP })
    await page.goto(`${origin}/en/login`)
    const stops: unknown[] = []
    for (let count = 0; count < 7; count += 1) {
      await page.keyboard.press('Tab')
      const focused = 'document.activeElement'
      stops.push(await page.evaluate(`${focused}.name || ${focused}.textContent.trim()`))
      const outline = await page.evaluate(`getComputedStyle(${focused}).outlineStyle`)
      assert.equal(outline, 'solid')
    }
    assert.deepEqual(stops, [
      'FFernweh',
      'email',
      'password',
      'remember',
      'Log in',
      'Forgot your password?',
      'Sign up',
    ])
  })

  test('a field with a problem has the focus, and tells of it', async (t) => {
    const { origin } = await serve(t)
    const page = await open(t, { javaScriptEnabled: false })
    await page.goto(`${origin}/en/signup-weak`)
    // Chromium gives the focus when it first draws the page, which may be after it has loaded.
    await page.locator('#password:focus').waitFor()
    assert.equal(await page.getByRole('textbox', { description: /too short/ }).count(), 1)
  })
})
