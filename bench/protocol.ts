import type { Trips } from './trips.ts'

/** What a contestant's process is asked. */
export type HostQuestion = 'queries' | 'heap'

/** What it tells: its port once it listens, then answers. */
export type HostMessage = { readonly port: number } | HostAnswer

export interface HostAnswer extends Trips {
  /** Passwords hashed so far. */
  readonly hashes: number
  /** Bytes; 0 unless that was the question. */
  readonly heap: number
}

/** One load on one server. */
export interface Load {
  readonly port: number
  /** Cookie headers, one a session, used in turn. */
  readonly cookies: readonly string[]
  readonly connections: number
  /** Ends when this many milliseconds are over, or after this many requests. */
  readonly milliseconds: number
  readonly requests: number
}

export interface LoadResult {
  readonly requests: number
  /** Answers with another status than 200. */
  readonly failures: number
  readonly milliseconds: number
  readonly setCookieBytes: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}
