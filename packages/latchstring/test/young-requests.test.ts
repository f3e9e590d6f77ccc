import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('./young-requests-worker.ts', import.meta.url))
const REQUESTS = 1_000

test('a program that has just begun frees its requests without going through all of its memory', async (t) => {
  const worker = fork(WORKER, [String(REQUESTS)], {
    execArgv: ['--conditions=latchstring-source', '--expose-gc'],
  })
  const [bytes] = await once(worker, 'message')
  t.diagnostic(`${Math.round(Number(bytes))} bytes of each of ${REQUESTS} requests survived`)
  assert.ok(Number(bytes) < 3_500)
})
