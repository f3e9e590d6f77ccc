import fc from 'fast-check'
import type { Clock, Store } from '../../src/core/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/clock.ts'
import type { Part } from '../random/progress.ts'
import { difference, everything, type Show, whatUsersExpect } from './compare.ts'
import { Library } from './library.ts'
import { Model } from './model.ts'
import { play, type Step } from './play.ts'
import { type Scenario, scenarios } from './scenario.ts'
import { START } from './world.ts'

/** A store for each node, or one for all. They see the same rows, of which there are none yet. */
export type Empty = (clock: Clock) => Promise<readonly Store[]>

export const inMemory: Empty = async () => [memoryStore()]

/** What a part of a run found, or `null`. */
export async function checkPart({ seed, count }: Part, empty: Empty, show: Show): Promise<string | null> {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const found = await check(scenario, empty, show)
    if (found !== null) throw new Error(found)
  })
  const { failed, numRuns, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: count,
  })
  if (!failed) return null
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
  return `SEED=${seed}, sequence ${numRuns}: ${reason}\n${JSON.stringify(counterexample)}`
}

/** Memory does what users expect, and every other store does what memory does, as far as it is shown. */
export async function check(
  scenario: Scenario,
  empty: Empty,
  show: Show = everything,
): Promise<string | null> {
  const expected = await play(new Model(scenario.settings), scenario)
  const traced = await trace(scenario, inMemory)
  const found = difference(expected, traced, whatUsersExpect)
  if (found !== null || empty === inMemory) return found
  return difference(traced, await trace(scenario, empty), show)
}

async function trace(scenario: Scenario, empty: Empty): Promise<Step[]> {
  const clock = fakeClock(START)
  return play(new Library(await empty(clock), scenario.settings, clock), scenario)
}
