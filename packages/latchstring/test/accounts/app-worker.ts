/** An application with accounts in a process of its own, on files that others may share. It does as it is told. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import express from 'express'
import { accounts } from '../../src/accounts.ts'
import { type Auth, createAuth } from '../../src/adapters/express/index.ts'
import type { Mail } from '../../src/auth/types.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { type FakeClock, fakeClock } from '../../src/testing/clock.ts'
import { sqliteUsers } from '../../src/users/sqlite.ts'

export interface AppChoices {
  /** Where its database is. */
  readonly folder: string
  /** A clock that stands still until it is told, or the one of the machine. */
  readonly clock: 'still' | 'real'
  readonly signup?: 'open' | 'private'
  /** How many passwords may wait to be hashed. */
  readonly waiting?: number
  /** How many proxies stand before it. */
  readonly trustProxy?: number
}

export type Order =
  | { readonly kind: 'advance'; readonly milliseconds: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'mails' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'disable' | 'enable'; readonly userId: number }

/** Bytes that the process takes. */
export type Answer = null | readonly Mail[] | number

interface App {
  readonly port: number
  follow(order: Order): Promise<Answer>
  close(): void
}

async function open(choices: AppChoices): Promise<App> {
  const { folder, clock: kind, signup = 'open', waiting = 100, trustProxy = 0 } = choices
  const file = join(folder, 'app.db')
  const [store, users] = [sqliteStore(file), sqliteUsers(file)]
  const sent: Mail[] = []
  const still = kind === 'still' ? fakeClock() : null
  const auth = createAuth({
    store,
    clock: still ?? Date.now,
    storeTimeout: '20s',
    accounts: accounts({
      users,
      baseUrl: 'https://app.example.test',
      mail: async (mail) => void sent.push(mail),
      signup,
      passwords: { waiting },
    }),
  })
  const app = express().set('trust proxy', trustProxy).use(auth.routes())
  app.get('/protected', auth.authenticate, (req, res) => void res.json({ userId: req.session.userId }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    follow: async (order) => follow(order, { auth, sent, still }),
    close: () => {
      auth.close()
      server.close()
      server.closeAllConnections()
      store.close()
      users.close()
    },
  }
}

interface Insides {
  readonly sent: readonly Mail[]
  readonly still: FakeClock | null
  readonly auth: Auth
}

async function follow(order: Order, { auth, sent, still }: Insides): Promise<Answer> {
  switch (order.kind) {
    case 'advance':
      still?.advance(order.milliseconds)
      return null
    case 'settle':
      await auth.settled()
      return null
    case 'mails':
      await auth.settled()
      return sent
    case 'memory':
      return process.memoryUsage.rss()
    case 'disable':
      await auth.disableUser(order.userId)
      return null
    case 'enable':
      await auth.enableUser(order.userId)
      return null
  }
}

if (import.meta.main) {
  const [, , choices = '{}'] = process.argv
  const app = await open(JSON.parse(choices))
  process.on('message', (order: Order) => {
    void app.follow(order).then((answer) => process.send?.({ answer }))
  })
  process.once('disconnect', () => app.close())
  process.send?.(app.port)
}
