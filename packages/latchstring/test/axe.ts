import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Until the page goes elsewhere. It takes four times as long as to look through a page. */
export async function bringAxe(page: Page): Promise<void> {
  await page.evaluate(`${axe.source};0`)
}

/** Puts a whole document, with its styles, in the place of the one that is shown. What runs in the page stays. */
export async function showInstead(page: Page, document: string): Promise<void> {
  await page.evaluate(`(async () => {
    const next = new DOMParser().parseFromString(${JSON.stringify(document)}, 'text/html')
    document.replaceChild(document.adoptNode(next.documentElement), document.documentElement)
    const styles = [...document.querySelectorAll('link[rel=stylesheet]')].filter(({ sheet }) => sheet === null)
    await Promise.all(styles.map((style) => new Promise((resolve) => style.addEventListener('load', resolve))))
  })()`)
}

/** What axe finds wrong with the document that is shown. */
export function violationsOn(page: Page, rulesToSkip: readonly string[] = []): Promise<string[]> {
  const rules = Object.fromEntries(rulesToSkip.map((rule) => [rule, { enabled: false }]))
  const options = JSON.stringify({ resultTypes: ['violations'], rules })
  return page.evaluate<string[]>(`axe.run(document, ${options}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' at ' + nodes.map(({ target }) => target).join(', ')))`)
}
