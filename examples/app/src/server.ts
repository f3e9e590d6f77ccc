import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import express, { type Express } from 'express'
import { createAuth } from 'latchstring/express'
import { memoryStore } from 'latchstring/stores/memory'
import { sqliteStore } from 'latchstring/stores/sqlite'
import { openDatabase, openFile } from './database.ts'
import { handleError, notFound } from './http/errors.ts'
import { securityHeaders } from './http/headers.ts'
import { createPasswords } from './passwords.ts'
import { accountRoutes } from './routes/account.ts'
import { healthRoutes } from './routes/health.ts'
import { homeRoutes } from './routes/home.ts'
import { loginRoutes } from './routes/login.ts'
import { logoutRoutes } from './routes/logout.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { signupRoutes } from './routes/signup.ts'
import type { Services } from './services.ts'
import type { Settings } from './settings.ts'
import { createUsers } from './users.ts'

const PUBLIC_FOLDER = fileURLToPath(new URL('../public', import.meta.url))

export interface App {
  readonly app: Express
  /** Stops what runs in the background and closes the database. */
  close(): Promise<void>
}

/** The whole app without a port: `main.ts` listens, and so does a test. */
export function createApp(settings: Settings): App {
  const database = openDatabase(settings.databasePath)
  const sessions = openSessionStore(settings, database)
  const { idleTimeout, absoluteTimeout, rememberTimeout } = settings
  const auth = createAuth({
    store: sessions.store,
    idleTimeout,
    absoluteTimeout,
    rememberTimeout,
    loginPage: '/login',
    trustedOrigins: [settings.baseUrl],
  })
  const services: Services = {
    auth,
    store: sessions.store,
    users: createUsers(database),
    passwords: createPasswords(),
  }
  return {
    app: assemble(settings, services),
    async close() {
      auth.close()
      await sessions.close()
      database.close()
    },
  }
}

function openSessionStore({ sessionStore }: Settings, database: DatabaseSync) {
  if (sessionStore.kind === 'memory') return { store: memoryStore(), close: () => {} }
  if (sessionStore.kind === 'database') return { store: sqliteStore(database), close: () => {} }
  const file = openFile('SESSION_STORE_URL', sessionStore.path)
  return { store: sqliteStore(file), close: () => file.close() }
}

function assemble(settings: Settings, services: Services): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', settings.trustProxy)
  app.set('query parser', 'simple')
  app.disable('etag')

  app.use(securityHeaders)
  app.use(express.static(PUBLIC_FOLDER, { index: false, redirect: false }))
  app.use(healthRoutes(services.store))
  app.use(services.auth.sessionMiddleware)
  app.use(homeRoutes(), signupRoutes(services), loginRoutes(services), logoutRoutes(services))
  app.use(accountRoutes(services), sessionRoutes(services))
  app.use(notFound, handleError)
  return app
}
