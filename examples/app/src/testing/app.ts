import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openApp } from '../app.ts'
import { type Environment, readSettings } from '../settings.ts'
import { Visitor } from './visitor.ts'

export const PASSWORD = 'correct horse battery staple'
export const ANNA = { email: 'anna@example.test', username: 'anna', password: PASSWORD }
export const BERT = { email: 'bert@example.test', username: 'bert', password: PASSWORD }

/** What production does not start without. Nobody listens to the mails. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  BASE_URL: 'https://app.example.test',
  LATCHSTRING_KEYS: 'k'.repeat(32),
  SMTP_URL: 'smtp://127.0.0.1:1',
  MAIL_FROM: 'App <app@example.test>',
}

export interface Person {
  readonly email: string
  readonly username?: string
  readonly password: string
}

export interface RunningApp {
  readonly url: string
  visitor(): Visitor
  /** A visitor who has signed up. */
  member(person: Person): Promise<Visitor>
  close(): Promise<void>
}

/** The whole app on a free port, with a database of its own, until the test is over. */
export async function startApp(test: TestContext, environment: Environment = {}): Promise<RunningApp> {
  const application = await openApp(readSettings({ DATABASE_URL: 'sqlite::memory:', ...environment }))
  const server = createServer(application.app)
  const url = await listen(server)
  let closing: Promise<void> | null = null
  const close = () => {
    server.close()
    server.closeAllConnections()
    closing ??= application.close()
    return closing
  }
  test.after(close)
  return {
    url,
    visitor: () => new Visitor(url),
    async member(person) {
      const visitor = new Visitor(url)
      const { status, text } = await visitor.post('/signup', person)
      assert.equal(status, 201, text)
      return visitor
    },
    close,
  }
}

export async function isLoggedIn(visitor: Visitor): Promise<boolean> {
  const { status } = await visitor.get('/protected')
  assert.ok(status === 200 || status === 401, String(status))
  return status === 200
}

/** A mail as the outbox shows it to programs. */
export interface OutboxMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly at: string
}

export async function outbox({ url }: RunningApp): Promise<readonly OutboxMail[]> {
  const { body } = await new Visitor(url).get('/outbox')
  assert.ok(isOutbox(body))
  return body
}

function isOutbox(body: unknown): body is readonly OutboxMail[] {
  return Array.isArray(body)
}

const MAIL_PATIENCE = 10_000

/**
 * The newest of so many mails to an address, in whatever spelling its account was made, with such a subject. Mails
 * leave a moment after the answer.
 */
export async function mailTo(app: RunningApp, to: string, subject: RegExp, count = 1): Promise<OutboxMail> {
  for (const end = performance.now() + MAIL_PATIENCE; performance.now() < end; await sleep(20)) {
    const mails = (await outbox(app)).filter((mail) => isTo(mail, to) && subject.test(mail.subject))
    const [newest] = mails
    if (newest !== undefined && mails.length === count) return newest
  }
  throw new Error(`there never were ${count} mails ${subject} to ${to}`)
}

function isTo(mail: OutboxMail, address: string): boolean {
  return mail.to.toLowerCase() === address.toLowerCase()
}

/** The path and the token of the link in a mail. */
export function linkIn({ text }: OutboxMail): { path: string; token: string } {
  const [, path, token] = /^https?:\/\/[^/\s]+(\/\S+)\?token=([A-Za-z0-9_-]{43})$/m.exec(text) ?? []
  assert.ok(path !== undefined && token !== undefined, text)
  return { path, token }
}

/** Listens on a free port of this machine and tells the URL. */
export function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address !== null && typeof address === 'object') resolve(`http://127.0.0.1:${address.port}`)
    })
  })
}
