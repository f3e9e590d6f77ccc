import { setTimeout as sleep } from 'node:timers/promises'
import type { Express } from 'express'
import { accounts } from 'latchstring/accounts'
import { type Auth, createAuth } from 'latchstring/express'
import { openMail } from './mail.ts'
import { createExpressApp } from './server.ts'
import type { Settings } from './settings.ts'
import { openStores, type Stores } from './stores.ts'
import { reportTrouble } from './trouble.ts'

/** A mail server that hangs must not keep the process from ending. */
const MAIL_LIMIT = 5_000

export interface App {
  readonly app: Express
  /** Sends the mails that wait, stops what runs in the background, and closes the stores. */
  close(): Promise<void>
}

/**
 * The whole app without a port: `main.ts` listens, and so does a test.
 * @throws SettingError for a store that cannot be used.
 */
export async function openApp(settings: Settings): Promise<App> {
  const stores = await openStores(settings)
  const auth = await authFor(settings, stores)
  return {
    app: createExpressApp({ auth, sessions: stores.sessions, trustProxy: settings.trustProxy }),
    async close() {
      await Promise.race([auth.settled(), sleep(MAIL_LIMIT, undefined, { ref: false })])
      auth.close()
      await stores.close()
    },
  }
}

async function authFor(settings: Settings, { users, sessions }: Stores): Promise<Auth> {
  const { production, baseUrl, signup, smtp } = settings
  const { idleTimeout, absoluteTimeout, rememberTimeout } = settings
  const mail = smtp && (await openMail(smtp))
  return createAuth({
    store: sessions,
    accounts: accounts({ users, baseUrl, signup, appName: 'Latchstring', ...(mail && { mail }) }),
    production,
    idleTimeout,
    absoluteTimeout,
    rememberTimeout,
    onEvent: reportTrouble,
  })
}
