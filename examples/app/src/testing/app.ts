import { createServer, type Server } from 'node:http'
import type { TestContext } from 'node:test'
import { createApp } from '../server.ts'
import { type Environment, readSettings } from '../settings.ts'
import { Visitor } from './visitor.ts'

export const PASSWORD = 'correct horse battery staple'
export const ANNA = { email: 'anna@example.test', username: 'anna', password: PASSWORD }
export const BERT = { email: 'bert@example.test', username: 'bert', password: PASSWORD }

export interface RunningApp {
  readonly url: string
  visitor(): Visitor
  /** A visitor who has signed up. */
  member(account: { email: string; username?: string; password: string }): Promise<Visitor>
}

/** The whole app on a free port, with a database of its own, until the test is over. */
export async function startApp(test: TestContext, environment: Environment = {}): Promise<RunningApp> {
  const settings = readSettings({ DATABASE_URL: 'sqlite::memory:', ...environment })
  const application = createApp(settings)
  const server = createServer(application.app)
  const url = await listen(server)
  test.after(async () => {
    server.closeAllConnections()
    server.close()
    await application.close()
  })
  return {
    url,
    visitor: () => new Visitor(url),
    async member(account) {
      const visitor = new Visitor(url)
      await visitor.post('/signup', account)
      return visitor
    },
  }
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
