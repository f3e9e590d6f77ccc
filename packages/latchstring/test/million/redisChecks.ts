import assert from 'node:assert/strict'
import { type Bytes, list, read, sampleOf } from './checks.ts'
import type { LookUp } from './measure.ts'
import { SESSIONS_OF_A_USER } from './population.ts'
import type { FilledRedis } from './redis.ts'

interface CountedLookUp {
  readonly lookUp: LookUp
  readonly commands: Readonly<Record<string, number>>
}

export const READ: CountedLookUp = { lookUp: read, commands: { get: 1 } }
export const LIST: CountedLookUp = { lookUp: list, commands: { get: SESSIONS_OF_A_USER, zrange: 1 } }

/** As the server counts them. */
export async function takeCommands(filled: FilledRedis, { lookUp, commands }: CountedLookUp): Promise<void> {
  for (const row of sampleOf(filled.population)) {
    await filled.ask('CONFIG', 'RESETSTAT')
    await lookUp(filled, row)
    assert.deepEqual(callsIn(await filled.ask('INFO', 'commandstats')), commands)
  }
}

function callsIn(info: string): Record<string, number> {
  const lines = info.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)
  return Object.fromEntries([...lines].map(([, name = '', calls]) => [name, Number(calls)]))
}

export async function bytesInRedis({ bytes }: FilledRedis): Promise<Bytes> {
  return { memory: bytes }
}
