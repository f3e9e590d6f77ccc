import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface WorkerRun {
  readonly outcome: 'passed' | 'failed' | 'timeout'
  readonly milliseconds: number
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Runs tests with the text of `mutatedPath` in the place of the file `replaced`; `-` for none. */
export async function runWorker(
  replaced: string,
  mutatedPath: string,
  files: readonly string[],
  timeout: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<WorkerRun> {
  const started = performance.now()
  const args = ['--conditions=latchstring-source', WORKER, replaced, mutatedPath, ...files]
  const child = spawn(process.execPath, args, {
    stdio: 'ignore',
    env: { ...process.env, NODE_TEST_CONTEXT: '', ...environment },
    timeout,
    killSignal: 'SIGKILL',
  })
  const [status, signal] = await once(child, 'exit')
  const milliseconds = performance.now() - started
  if (signal !== null) return { outcome: 'timeout', milliseconds }
  return { outcome: status === 0 ? 'passed' : 'failed', milliseconds }
}
