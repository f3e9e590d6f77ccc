import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const WORKER = join(import.meta.dirname, 'users-worker.ts')

/**
 * Several processes that sign up the same `count` users at once, where there may not even be tables. Answers with how
 * many users they became in all, and rejects if one of them fails.
 */
export async function signUpTogether(
  t: TestContext,
  processes: number,
  driver: string,
  url: string,
  count: number,
): Promise<number> {
  const args = [driver, url, String(count)]
  const workers = Array.from({ length: processes }, () => start(t, args))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const told = await Promise.all(workers.map(countOf))
  return told.reduce((sum, created) => sum + created, 0)
}

function start(t: TestContext, args: readonly string[]): ChildProcess {
  const worker = fork(WORKER, args, { stdio: 'inherit', execArgv: [] })
  t.after(() => worker.kill('SIGKILL'))
  return worker
}

async function countOf(worker: ChildProcess): Promise<number> {
  const told: unknown[] = []
  worker.on('message', (message) => told.push(message))
  const exited = once(worker, 'exit')
  worker.send('go')
  assert.deepEqual(await exited, [0, null])
  return Number(told[0])
}
