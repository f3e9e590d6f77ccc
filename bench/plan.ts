import { parseArgs } from 'node:util'
import { CONTESTANTS, type Entry } from './contestants.ts'

export interface Plan {
  readonly rounds: number
  /** How long one contestant works in one round, in milliseconds. */
  readonly slot: number
  readonly connections: readonly number[]
  readonly entries: readonly Entry[]
  /** Only then is the page of the docs written. */
  readonly isWhole: boolean
}

/**
 * From `--rounds 7 --slot 1000 --connections 32,4 --only latchstringMemory,expressSessionMemory`. What a contestant is
 * compared with takes part unasked.
 */
export function planFrom(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      slot: { type: 'string', default: '1000' },
      connections: { type: 'string', default: '32,4' },
      only: { type: 'string' },
    },
  })
  return {
    rounds: Number(values.rounds),
    slot: Number(values.slot),
    connections: values.connections.split(',').map(Number),
    entries: values.only === undefined ? CONTESTANTS : entriesNamed(values.only.split(',')),
    isWhole: values.only === undefined,
  }
}

export function entriesNamed(ids: readonly string[]): Entry[] {
  const unknown = ids.find((id) => !CONTESTANTS.some((entry) => entry.id === id))
  if (unknown !== undefined) throw new Error(`there is no contestant ${unknown}`)
  const bases = CONTESTANTS.filter(({ id }) => ids.includes(id)).map(({ base }) => base)
  const wanted = new Set([...ids, ...bases])
  return CONTESTANTS.filter(({ id }) => wanted.has(id))
}
