import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accounts } from 'latchstring/accounts'
import { createAuth } from 'latchstring/express'
import { memoryUsers } from 'latchstring/users/memory'
import { BACKOFF, LIMITS } from '../../src/auth/limits.ts'
import { TOKEN_LIFETIMES } from '../../src/auth/oneTimeTokens.ts'
import { PAGE_HEADERS } from '../../src/pages/headers.ts'
import { PAGES } from '../../src/pages/pages.ts'
import { en } from '../../src/pages/texts/en.ts'
import { WEAKNESS_MESSAGES } from '../../src/routes/messages.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { codesIn, rowsUnder, textOf } from './pageText.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What is marked as code in the first cells of a table. */
function namesUnder(heading: string, path: string): string[] {
  return rowsUnder(heading, path).flatMap(([first = '']) => codesIn(first))
}

/** The options that a refusal names. */
function optionsOf(create: () => unknown): string[] {
  try {
    create()
  } catch (error) {
    const [, names = ''] = /it takes (.+)$/.exec(error instanceof Error ? error.message : '') ?? []
    return names.split(', ')
  }
  return []
}

test('docs/accounts.md lists every path that is served, and no other', () => {
  const served = Object.entries(ROUTES).flatMap(([path, route]) =>
    Object.keys(route).map((method) => `${method} ${path}`),
  )
  assert.deepEqual(namesUnder('## Paths', 'docs/accounts.md').sort(), served.sort())
})

test('docs/accounts.md lists every option of accounts', () => {
  const unknown = { users: memoryUsers(), unknown: 1 }
  const options = optionsOf(() => accounts(unknown))
  assert.deepEqual(namesUnder('## Options', 'docs/accounts.md'), options)
})

test('README.md lists every option of createAuth but those for tests', () => {
  const unknown = { warn: console.warn, unknown: 1 }
  const options = optionsOf(() => createAuth(unknown))
  const listed = namesUnder('## Options', 'README.md')
  assert.deepEqual([...listed, 'clock', 'random', 'timers'].sort(), options.sort())
})

test('docs/passwords.md lists every option of passwords, and every reason for a refusal', () => {
  const passwords = { minimum: 15, unknown: 1 }
  const feature = accounts({ users: memoryUsers(), passwords })
  const options = optionsOf(() => createAuth({ accounts: feature }))
  const listed = namesUnder('## Options', 'docs/passwords.md')
  assert.deepEqual([...listed, 'random', 'timers'].sort(), options.sort())
  const reasons = rowsUnder('## Which passwords are taken', 'docs/passwords.md')
  const named = reasons.flatMap(([, reason = '']) => codesIn(reason))
  assert.deepEqual(named.sort(), Object.keys(WEAKNESS_MESSAGES).sort())
})

test('docs/throttling.md tells the limits that are set (R-05, R-09)', () => {
  const told = rowsUnder('## The limits', 'docs/throttling.md').map(([name = '', , limit]) => [
    ...codesIn(name),
    limit,
  ])
  const set = Object.values(LIMITS).map(({ name, max, window }) => [name, `${max} in ${spoken(window)}`])
  assert.deepEqual(told, set)
  const { free, max, firstDelay, longestDelay } = BACKOFF
  assert.deepEqual([free, max, firstDelay, longestDelay], [10, 100, 1_000, HOUR])
})

test('docs/recovery.md tells how long each mailed link lives (E-01)', () => {
  const told = rowsUnder('## Mailed links', 'docs/recovery.md').map(([, lifetime]) => lifetime)
  const { email_verification, password_reset, email_change, email_undo, not_me } = TOKEN_LIFETIMES
  const lifetimes = [email_verification, password_reset, email_change, email_undo, not_me]
  assert.deepEqual(told, lifetimes.map(spoken))
})

function spoken(milliseconds: number): string {
  if (milliseconds > DAY) return `${milliseconds / DAY} days`
  if (milliseconds >= HOUR) return milliseconds === HOUR ? '1 hour' : `${milliseconds / HOUR} hours`
  return `${milliseconds / MINUTE} minutes`
}

test('docs/devices.md names everything that a timeline tells', () => {
  const [, after = ''] = textOf('docs/devices.md').split('\n## The timeline\n')
  const [section = ''] = after.split('\n## ')
  const named = codesIn(section)
  assert.deepEqual(
    Object.keys(en.activity.types).filter((type) => !named.includes(type)),
    [],
  )
})

test('docs/pages.md names every page, and every header with its value (W-07)', () => {
  const page = textOf('docs/pages.md')
  const named = codesIn(page)
  assert.deepEqual(
    Object.keys(PAGES).filter((name) => !named.includes(name)),
    [],
  )
  const told = new Map(
    rowsUnder('## Headers', 'docs/pages.md').flatMap(([names = '', value = '']) =>
      codesIn(names).map((name) => [name, codesIn(value)[0]]),
    ),
  )
  const { 'Content-Type': _, ...headers } = PAGE_HEADERS
  assert.deepEqual(Object.fromEntries(told), headers)
})
