import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { LatchstringError } from '../../src/core/errors.ts'
import { bundleOf } from '../bundle.ts'
import type { Place } from '../history/stores.ts'
import type { Failure, Message, Order, Orders, Pause } from './member-process.ts'
import { Outbox } from './outbox.ts'

/** In milliseconds. A process may wait 20 s for its store. */
const PATIENCE = 60_000

interface Done<T> {
  readonly value: T
  readonly marks: readonly string[]
}

/** A process on the store that takes orders. */
export class Member {
  readonly #process: ChildProcess
  readonly #outbox: Outbox<Order>
  readonly #events = new EventEmitter()
  readonly #arrived = new Set<string>()
  #orders = 0

  static async start(place: Place): Promise<Member> {
    const member = new Member(await bundleOf(new URL('./member-process.ts', import.meta.url)), place)
    await member.#next('ready')
    return member
  }

  private constructor(file: string, place: Place) {
    this.#process = fork(file, [JSON.stringify(place)], { execArgv: [] })
    this.#outbox = new Outbox((orders) => this.#process.send(orders))
    this.#process.on('message', (messages: readonly Message[]) => {
      for (const message of messages) this.#hear(message)
    })
    this.#process.once('exit', (code) => this.#lose(code))
  }

  async ask<Name extends keyof Orders>(
    name: Name,
    ...values: Parameters<Orders[Name]>
  ): Promise<Awaited<ReturnType<Orders[Name]>>> {
    return (await this.askMarked(name, ...values)).value
  }

  /** The answer, with the marks of the messages that other processes were sent. */
  async askMarked<Name extends keyof Orders>(
    name: Name,
    ...values: Parameters<Orders[Name]>
  ): Promise<Done<Awaited<ReturnType<Orders[Name]>>>> {
    const order: Order = { id: this.#orders++, name, values }
    this.#outbox.post(order)
    return this.#next(`answer ${order.id}`)
  }

  /** Carries out an order, and something else while it is stopped before the store call of this number. */
  async interrupt<T>(
    call: number,
    order: (pause: Pause) => Promise<T>,
    interruption: () => Promise<void>,
  ): Promise<{ readonly value: T; readonly wasPaused: boolean }> {
    const pause = { name: `pause ${this.#orders}`, call }
    const paused = this.#next(pause.name).then(() => true)
    const value = order(pause)
    const wasPaused = await Promise.race([paused, value.then(() => false)])
    await interruption()
    if (wasPaused) await this.ask('resume', pause.name)
    return { value: await value, wasPaused }
  }

  /** Waits until messages of other processes have arrived. */
  async heard(marks: readonly string[]): Promise<void> {
    await Promise.all(marks.map((mark) => this.#heardOne(mark)))
  }

  async #heardOne(mark: string): Promise<void> {
    if (!this.#arrived.has(mark)) await this.#next(mark)
    this.#arrived.delete(mark)
  }

  async stop(): Promise<void> {
    if (!this.#process.connected) return
    const gone = once(this.#process, 'exit')
    this.#process.disconnect()
    await gone
  }

  #hear(message: Message): void {
    if (message.type === 'ready') this.#events.emit('ready')
    if (message.type === 'paused') this.#events.emit(message.name)
    if (message.type === 'done') this.#events.emit(`answer ${message.id}`, message)
    if (message.type === 'failed') this.#events.emit(`answer ${message.id}`, null, message.failure)
    if (message.type !== 'arrived') return
    this.#arrived.add(message.mark)
    this.#events.emit(message.mark)
  }

  #next<T>(name: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => this.#events.emit(name, null, tooLate(name))
      const timer = setTimeout(giveUp, PATIENCE).unref()
      this.#events.once(name, (value: T, failure?: Failure) => {
        clearTimeout(timer)
        if (failure === undefined) resolve(value)
        else reject(errorOf(failure))
      })
    })
  }

  /** Nobody waits for what will not come. */
  #lose(code: number | null): void {
    const failure: Failure = { code: null, message: `a process of the test ended with code ${code}` }
    for (const name of this.#events.eventNames()) this.#events.emit(name, null, failure)
  }
}

function tooLate(name: string): Failure {
  return { code: null, message: `a process of the test did not tell within ${PATIENCE / 1_000} s: ${name}` }
}

function errorOf({ code, message }: Failure): Error {
  return code === null ? new Error(message) : new LatchstringError(code, message)
}
