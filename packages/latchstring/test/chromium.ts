import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

export const IS_CHROMIUM_MISSING: boolean = !existsSync(CHROMIUM)

/** The name of a suite that needs the browser: it says when that is missing. */
export function inChromium(name: string): string {
  return IS_CHROMIUM_MISSING ? `${name} (skipped: ${CHROMIUM} is not installed)` : name
}

/** Pages are kept for the Back button, as people's browsers do: playwright turns that off. */
export function launchChromium(): Promise<Browser> {
  const ignoreDefaultArgs = ['--disable-back-forward-cache']
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, ignoreDefaultArgs })
}
