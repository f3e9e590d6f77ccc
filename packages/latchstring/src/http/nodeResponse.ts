import type { ResponseGate } from './responseGate.ts'

export const GATE: unique symbol = Symbol('latchstring gate')

/** What this package uses of a Node response, of HTTP/1 and HTTP/2 alike. */
export interface NodeResponse {
  /** The first gate that this response was given. */
  [GATE]?: ResponseGate
  statusCode: number
  statusMessage: string
  /** HTTP/2 only. */
  readonly stream?: object
  readonly headersSent: boolean
  writeHead(...args: unknown[]): unknown
  write(...args: unknown[]): boolean
  end(...args: unknown[]): unknown
  /** The types of HTTP/2 responses do not know it. */
  flushHeaders?: (() => void) | undefined
  setHeader(name: string, value: string | number | readonly string[]): unknown
  appendHeader(name: string, value: string | readonly string[]): unknown
  getHeader(name: string): number | string | string[] | undefined
  getHeaderNames(): string[]
  hasHeader(name: string): boolean
  removeHeader(name: string): void
  emit(event: 'drain'): boolean
  once(event: 'finish', listener: () => void): unknown
  destroy(error?: Error): unknown
}
