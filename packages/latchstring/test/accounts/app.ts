import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Mail } from '../../src/auth/types.ts'
import { Browser } from '../http/client.ts'
import type { Answer, AppChoices, Order } from './app-worker.ts'

/** An application in a process of its own. */
export interface RemoteApp {
  readonly origin: string
  browser(): Browser
  advance(milliseconds: number): Promise<void>
  /** Resolves when nothing is left that no answer waits for. */
  settle(): Promise<void>
  /** The token in the newest mail to an address. */
  mailedToken(to: string): Promise<string>
  disableUser(userId: number): Promise<void>
  enableUser(userId: number): Promise<void>
  /** The bytes that the process takes. */
  memory(): Promise<number>
}

/** A folder for a database that several applications may share. */
export function sharedFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-accounts-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function startApp(t: TestContext, choices: AppChoices): Promise<RemoteApp> {
  const child = fork(new URL('./app-worker.ts', import.meta.url), [JSON.stringify(choices)], { execArgv: [] })
  const exited = once(child, 'exit')
  t.after(async () => {
    if (child.connected) child.disconnect()
    await exited
  })
  const [port]: unknown[] = await Promise.race([once(child, 'message'), exited])
  const origin = `http://127.0.0.1:${port}`
  const ask = async (order: Order): Promise<Answer> => {
    const answered = once(child, 'message')
    child.send(order)
    const [message] = await answered
    const { answer }: { answer: Answer } = message
    return answer
  }
  return {
    origin,
    browser: () => new Browser(origin),
    advance: async (milliseconds) => void (await ask({ kind: 'advance', milliseconds })),
    settle: async () => void (await ask({ kind: 'settle' })),
    mailedToken: async (to) => tokenTo(to, await ask({ kind: 'mails' })),
    disableUser: async (userId) => void (await ask({ kind: 'disable', userId })),
    enableUser: async (userId) => void (await ask({ kind: 'enable', userId })),
    memory: async () => Number(await ask({ kind: 'memory' })),
  }
}

function tokenTo(to: string, answer: Answer): string {
  const mails: readonly Mail[] = typeof answer === 'object' && answer !== null ? answer : []
  const text = mails.findLast((mail) => mail.to === to)?.text ?? ''
  const [, token] = /\?token=([\w-]{43})\b/.exec(text) ?? []
  assert.ok(token !== undefined, `no mail with a token to ${to}`)
  return token
}
