import { hash } from 'node:crypto'
import type { Row } from '../../src/core/types.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import { createNode } from '../support.ts'

export const SESSIONS_OF_A_USER = 4
/** Every tenth session ends first. */
const ENDING_FIRST = 10

/** Far ahead, as Redis drops what has expired by its own clock. */
export const LOGGED_IN_AT: number = Date.UTC(2090, 0, 1)
export const FIRST_EXPIRY: number = Date.UTC(2090, 0, 2)
const LAST_EXPIRY = Date.UTC(2090, 0, 3)

const DEVICE = {
  address: '203.0.113.7',
  userAgent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}
const SETTINGS = { theme: 'dark', language: 'en', cart: ['4006381333931', '5901234123457'] }

/** Sessions that are the same in every run with this seed. */
export interface Population {
  readonly seed: string
  readonly size: number
  readonly userCount: number
  /** What a login writes, around the id of the session. */
  readonly payloadParts: readonly string[]
  readonly idLength: number
}

export async function createPopulation(seed: string, size: number): Promise<Population> {
  const { payload, id } = await payloadOfLogin()
  const userCount = Math.ceil(size / SESSIONS_OF_A_USER)
  return { seed, size, userCount, payloadParts: payload.split(id), idLength: id.length }
}

async function payloadOfLogin(): Promise<{ payload: string; id: string }> {
  const { sessions, store } = createNode({ clock: fakeClock(LOGGED_IN_AT) })
  const session = sessions.anonymous()
  sessions.logIn(session, { id: 'ann' }, { method: 'password', remember: false, device: DEVICE })
  session.data.set('settings', SETTINGS)
  await sessions.commit(session)
  const [row] = await store.list('ann')
  return { payload: row?.payload ?? '', id: session.id ?? '' }
}

/** A row as a store has it of somebody who is logged in. */
export interface UserRow extends Row {
  readonly userId: string
}

export function rowAt(population: Population, index: number): UserRow {
  const { seed, size } = population
  const key = hash('sha256', `${seed} ${size} ${index}`, 'base64url')
  return {
    key,
    userId: String(index % population.userCount),
    version: 1,
    expiresAt: index % ENDING_FIRST === 0 ? FIRST_EXPIRY : LAST_EXPIRY,
    payload: population.payloadParts.join(key.slice(0, population.idLength)),
  }
}

export function* rowsOf(population: Population): Generator<UserRow> {
  for (let index = 0; index < population.size; index++) yield rowAt(population, index)
}

export function sessionsOf(population: Population, userId: string): UserRow[] {
  const rows: UserRow[] = []
  for (let index = Number(userId); index < population.size; index += population.userCount) {
    rows.push(rowAt(population, index))
  }
  return rows
}

export function countEndingFirst({ size }: Population): number {
  return Math.ceil(size / ENDING_FIRST)
}
