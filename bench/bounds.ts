/** Shares above which `npm run bench:quick` fails: about twice what was measured when they were written. */
export interface Bound {
  readonly id: string
  /** Whose added cost is the whole. */
  readonly peer: string
  readonly atMost: number
}

const PEER = 'expressSessionMemory'

export const BOUNDS: readonly Bound[] = [
  { id: 'latchstringMemory', peer: PEER, atMost: 1.6 },
  { id: 'latchstringSqlite', peer: PEER, atMost: 3 },
  { id: 'latchstringRedis', peer: 'expressSessionRedis', atMost: 1 },
  { id: 'latchstringPostgres', peer: 'expressSessionPostgres', atMost: 0.4 },
  { id: 'latchstringRedisCached', peer: 'expressSessionRedis', atMost: 0.6 },
  { id: 'dropInMemory', peer: PEER, atMost: 3 },
  { id: 'thinnestMemory', peer: PEER, atMost: 0.3 },
]
