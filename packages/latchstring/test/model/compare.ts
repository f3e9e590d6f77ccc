import type { Step } from './play.ts'
import type { Told } from './world.ts'

/** How a run differs from another one, or `null`. */
export function difference(expected: readonly Step[], actual: readonly Step[], show: Show): string | null {
  const index = actual.findIndex((step, at) => show(step) !== show(expected[at]))
  if (index < 0) return null
  const before = actual.slice(0, index).map((step) => `  ${JSON.stringify(step.command)}\n    ${show(step)}`)
  const command = JSON.stringify(actual[index]?.command)
  const outcomes = `  expected: ${show(expected[index])}\n  actual:   ${show(actual[index])}`
  return `at ${command}\n${outcomes}\nafter\n${before.join('\n')}`
}

export type Show = (step: Step | undefined) => string

/** All that can be seen, which is the same on every store. */
export const everything: Show = (step) => (step === undefined ? '' : `${step.seen} # ${textOf(step.told)}`)

/** A cache is not told what another node has purged, and still reports that it has expired. */
export const allButExpiry: Show = (step) =>
  step === undefined
    ? ''
    : `${step.seen} # ${textOf(step.told.filter(({ type }) => type !== 'session.expired'))}`

/** What the model knows as well. */
export const whatUsersExpect: Show = (step) =>
  step === undefined ? '' : `${step.seen} # ${textOf(step.told.filter(isExpected))}`

/**
 * Visitors are not told of, and what has ended by itself is reported if its row is still there: that depends on the
 * last purge.
 */
function isExpected({ type, user, detail }: Told): boolean {
  return user !== null && detail !== 'replaced' && type !== 'session.expired'
}

/** Sessions that end together are reported in any order. */
function textOf(told: readonly Told[]): string {
  return told
    .map(({ type, user, sessionId, detail }) => `${type} ${user} ${sessionId} ${detail}`)
    .sort()
    .join('; ')
}
