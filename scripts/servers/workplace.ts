import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** The user `nobody`: PostgreSQL refuses to run as root, and no test server needs to. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0

/** MariaDB says what is wrong, and then thirty lines of advice. */
const KEPT_LINES = 40

/** One kind of server at work: its folder, its processes, and the last lines that they wrote. */
export class Workplace {
  readonly folder: string
  readonly #programs: ReadonlyMap<string, string>
  readonly #stopSignal: NodeJS.Signals
  readonly #patience: number
  readonly #running = new Set<ChildProcess>()
  readonly #lines: string[] = []
  #isClosed = false

  /** A process that the signal has not ended after `patience` ms is killed. */
  constructor(programs: ReadonlyMap<string, string>, stopSignal: NodeJS.Signals, patience = 3000) {
    this.#programs = programs
    this.#stopSignal = stopSignal
    this.#patience = patience
    this.folder = mkdtempSync(join(tmpdir(), 'latchstring-server-'))
    giveToNobody(this.folder)
  }

  get lastLines(): string {
    return this.#lines.slice(-KEPT_LINES).join('\n')
  }

  subfolder(name: string): string {
    const path = join(this.folder, name)
    mkdirSync(path)
    giveToNobody(path)
    return path
  }

  /** Starts a server, and waits for the line that says that it is ready. */
  serve(name: string, args: readonly string[], ready: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(name, args, (line) => {
        if (ready.test(line)) resolve()
      })
      child.once('error', reject)
      child.once('close', () => reject(new Error(`${name} ended before it was ready`)))
    })
  }

  /** Runs a program to its end, and returns what it wrote. */
  run(name: string, args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const output: string[] = []
      const child = this.#spawn(name, args, (line) => output.push(line))
      child.once('error', reject)
      child.once('close', (code) => {
        if (code === 0) resolve(output.join('\n'))
        else reject(new Error(`${name} failed`))
      })
    })
  }

  /** Asks again and again; once the workplace is closed, a question that runs a program fails. */
  async until(isReady: () => Promise<boolean>): Promise<void> {
    while (!(await isReady())) await delay(50)
  }

  async stop(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running].map((child) => this.#end(child)))
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  async #end(child: ChildProcess): Promise<void> {
    if (child.pid === undefined) return
    const gone = once(child, 'exit')
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), this.#patience)
    signalGroup(child, this.#stopSignal)
    await gone
    clearTimeout(timer)
  }

  #spawn(name: string, args: readonly string[], onLine: (line: string) => void): ChildProcess {
    if (this.#isClosed) throw new Error(`${name} is not started any more`)
    const child = spawn(this.#programs.get(name) ?? name, args, {
      cwd: this.folder,
      env: cleanEnvironment(this.folder),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: what a program starts in turn ends with it.
      detached: true,
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => this.#hear(line, onLine))
    }
    return child
  }

  #hear(line: string, onLine: (line: string) => void): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    onLine(line)
  }
}

/**
 * Variables such as PGPORT or REDISCLI_AUTH point to servers that are not ours. And each MariaDB that starts removes
 * the temporary tables of the others, if it finds them in the same folder.
 */
function cleanEnvironment(folder: string): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return { PATH, HOME: folder, TMPDIR: folder, LC_ALL: 'C' }
}

function giveToNobody(path: string): void {
  if (isRoot) chownSync(path, NOBODY, NOBODY)
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It ended by itself a moment ago.
  }
}
