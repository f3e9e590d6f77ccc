import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** The browser of people, and the same engine without windows, which takes half of the time. */
const CHROMIUM = '/usr/bin/chromium'
const CHROMIUM_WITHOUT_WINDOWS = '/usr/bin/chromium-headless-shell'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

export const IS_CHROMIUM_MISSING: boolean = !existsSync(CHROMIUM)

/** The name of a suite that needs the browser: it says when that is missing. */
export function inChromium(name: string): string {
  return IS_CHROMIUM_MISSING ? `${name} (skipped: ${CHROMIUM} is not installed)` : name
}

/** For pages. They are kept for the Back button, as people's browsers do: playwright turns that off. */
export function launchChromium(): Promise<Browser> {
  const executablePath = existsSync(CHROMIUM_WITHOUT_WINDOWS) ? CHROMIUM_WITHOUT_WINDOWS : CHROMIUM
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  return chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs })
}

/** For what browsers differ in: cookies and connections. */
export function launchWholeChromium(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] })
}
