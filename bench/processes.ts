import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Entry } from './contestants.ts'
import type { HostAnswer, HostMessage, HostQuestion, Load, LoadResult } from './protocol.ts'
import type { Trips } from './trips.ts'
import type { Work } from './work.ts'

/** The kernel counts the time of processes in these (USER_HZ), whatever the machine. */
const TICKS_A_SECOND = 100

/** A process of this bench that answers messages, one at a time. */
export class Helper {
  readonly #process: ChildProcess

  constructor(file: URL, argument: string, environment: NodeJS.ProcessEnv) {
    // For profiles: BENCH_NODE_OPTIONS=--cpu-prof
    const { BENCH_NODE_OPTIONS } = process.env
    this.#process = fork(file, [argument], {
      execArgv: ['--conditions=latchstring-source', '--expose-gc', ...(BENCH_NODE_OPTIONS?.split(' ') ?? [])],
      env: { ...process.env, NODE_ENV: 'production', ...environment },
    })
  }

  /** Microseconds of CPU, user and system, that the process has taken so far. */
  get cpu(): number {
    const text = readFileSync(`/proc/${this.#process.pid}/stat`, 'latin1')
    // After the name, which may hold anything, comes the third field; 14 and 15 are the times.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_A_SECOND
  }

  async ask<T>(message: object | string): Promise<T> {
    this.#process.send(message)
    return this.answer()
  }

  /** The next message. A process that ends instead is a failure. */
  answer<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
      this.#process.once('exit', ended)
      this.#process.once('message', (answer: T) => {
        this.#process.off('exit', ended)
        resolve(answer)
      })
    })
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill()
    await gone
  }
}

export class LoadGenerator {
  readonly #helper = new Helper(new URL('./load.ts', import.meta.url), '', {})

  run(load: Load): Promise<LoadResult> {
    return this.#helper.ask<LoadResult>(load)
  }

  stop(): Promise<void> {
    return this.#helper.stop()
  }
}

/** The process of one contestant. */
export class Host {
  readonly port: number
  readonly #helper: Helper

  private constructor(helper: Helper, port: number) {
    this.#helper = helper
    this.port = port
  }

  static async start(entry: Entry, work: Work): Promise<Host> {
    const environment = { BENCH_WORK: JSON.stringify(work) }
    const helper = new Helper(new URL('./host.ts', import.meta.url), entry.file.href, environment)
    const message = await helper.answer<HostMessage>()
    if (!('port' in message)) throw new Error(`${entry.id} has no port`)
    return new Host(helper, message.port)
  }

  get cpu(): number {
    return this.#helper.cpu
  }

  queries(): Promise<Trips> {
    return this.#ask('queries')
  }

  /** Passwords hashed so far. */
  async hashes(): Promise<number> {
    const { hashes } = await this.#ask('queries')
    return hashes
  }

  /** Bytes that are still needed. The process has to be started with `--expose-gc`. */
  async heap(): Promise<number> {
    const { heap } = await this.#ask('heap')
    return heap
  }

  #ask(question: HostQuestion): Promise<HostAnswer> {
    return this.#helper.ask<HostAnswer>(question)
  }

  stop(): Promise<void> {
    return this.#helper.stop()
  }
}
