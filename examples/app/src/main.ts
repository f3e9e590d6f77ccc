import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type App, openApp } from './app.ts'
import { watchForDrain } from './drain.ts'
import { withDevelopmentKeys } from './keys.ts'
import { readSettings, SettingError, type Settings } from './settings.ts'

const DRAIN_LIMIT = 10_000
const REQUEST_LIMIT = 30_000

try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  await start(withDevelopmentKeys(readSettings(process.env)))
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  stopWith(error.message)
}

async function start(settings: Settings): Promise<void> {
  const application = await openApp(settings)
  const server = createServer({ requestTimeout: REQUEST_LIMIT }, application.app)
  stopOnSignal(server, application)
  server.once('error', (error) => stopWith(listenProblem(error, settings)))
  server.listen(settings.port, addressOf(settings.host), () => {
    console.log(`Server running on port ${portOf(server)}`)
    if (settings.smtp === null) console.log('Mails are not sent: read them at /outbox')
  })
}

/** `localhost` may be an IPv6 address alone, and then clients that ask for 127.0.0.1 find nobody. */
function addressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host
}

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
}

function listenProblem(error: Error, { port, host }: Settings): string {
  const { code }: Error & { code?: unknown } = error
  if (code === 'EADDRINUSE')
    return `PORT ${port} is in use by another program: stop that, or set another PORT`
  return `PORT ${port} of HOST ${host} cannot be listened on (${code})`
}

/** The first signal lets requests in flight finish; a second one does not wait for them. */
function stopOnSignal(server: Server, application: App): void {
  const drain = watchForDrain(server)
  let stopping = false
  const stop = async () => {
    if (stopping) process.exit(1)
    stopping = true
    const isComplete = await drain.finish(DRAIN_LIMIT)
    await application.close()
    process.exit(isComplete ? 0 : 1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function stopWith(message: string): never {
  console.error(message)
  process.exit(1)
}
