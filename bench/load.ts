// A load generator in a process of its own: keep-alive connections, one request at a time on each.

import { connect } from 'node:net'
import type { Load, LoadResult } from './protocol.ts'
import { quantile } from './statistics.ts'

const HEAD_END = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: *(\d+)/i
const SET_COOKIE = /\r\nset-cookie:[^\r]*/gi

process.on('message', (load: Load) => {
  const run = new LoadRun(load)
  void run.result.then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())

class LoadRun {
  readonly result: Promise<LoadResult>
  readonly #load: Load
  readonly #requests: readonly string[]
  readonly #latencies: number[] = []
  readonly #startedAt = performance.now()
  #sent = 0
  #failures = 0
  #setCookieBytes = 0

  constructor(load: Load) {
    this.#load = load
    this.#requests = load.cookies.map(
      (cookie) => `GET /protected HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}${HEAD_END}`,
    )
    const connections = Array.from({ length: load.connections }, () => this.#connection())
    this.result = Promise.all(connections).then(() => this.#summary())
  }

  #connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#load.port, host: '127.0.0.1', noDelay: true })
      let sentAt = 0
      let received = ''
      const send = () => {
        if (this.#isOver()) return void socket.end()
        sentAt = performance.now()
        socket.write(this.#requests[this.#sent++ % this.#requests.length] ?? '')
      }
      socket.setEncoding('latin1')
      socket.once('connect', send).once('error', reject).once('close', resolve)
      socket.on('data', (chunk: string) => {
        received += chunk
        if (!isWhole(received)) return
        this.#note(received, performance.now() - sentAt)
        received = ''
        send()
      })
    })
  }

  #isOver(): boolean {
    const { milliseconds, requests } = this.#load
    return this.#sent >= requests || performance.now() - this.#startedAt >= milliseconds
  }

  #note(answer: string, latency: number): void {
    this.#latencies.push(latency)
    if (!answer.startsWith('HTTP/1.1 200')) this.#failures++
    for (const [line] of answer.matchAll(SET_COOKIE)) this.#setCookieBytes += line.length
  }

  #summary(): LoadResult {
    return {
      requests: this.#latencies.length,
      failures: this.#failures,
      milliseconds: performance.now() - this.#startedAt,
      setCookieBytes: this.#setCookieBytes,
      p50: quantile(this.#latencies, 0.5),
      p99: quantile(this.#latencies, 0.99),
    }
  }
}

function isWhole(received: string): boolean {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd < 0) return false
  const [, length] = LENGTH.exec(received) ?? []
  if (length === undefined) return received.endsWith(`0${HEAD_END}`)
  return received.length >= headEnd + HEAD_END.length + Number(length)
}
