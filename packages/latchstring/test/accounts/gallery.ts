import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { bringAxe, showInstead, violationsOn } from '../axe.ts'

const PICTURES = fileURLToPath(new URL('../../../../artifacts/screenshots/flows/', import.meta.url))

/** Where pages are kept as pictures, and looked through by axe. */
export class Gallery {
  readonly #examined: Page

  private constructor(examined: Page) {
    this.#examined = examined
  }

  static async open(browser: Browser): Promise<Gallery> {
    await mkdir(PICTURES, { recursive: true })
    return new Gallery(await browser.newPage())
  }

  async keep(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true })
    await this.#copy(page)
    assert.deepEqual(await violationsOn(this.#examined), [], name)
  }

  /** For axe, which needs JavaScript. The server is not asked again: what it says next may be something else. */
  async #copy(page: Page): Promise<void> {
    const [url, body] = [page.url(), await page.content()]
    await this.#examined.setViewportSize(page.viewportSize() ?? { width: 1_280, height: 720 })
    if (new URL(url).origin !== new URL(this.#examined.url()).origin) await this.#move(url, body)
    await showInstead(this.#examined, body)
  }

  /** To another site. */
  async #move(url: string, body: string): Promise<void> {
    await this.#examined.route(url, (route) => route.fulfill({ contentType: 'text/html', body }))
    await this.#examined.goto(url)
    await this.#examined.unroute(url)
    await bringAxe(this.#examined)
  }
}
