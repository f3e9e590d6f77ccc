import { PACKAGE_FOLDER } from '../manifest.ts'
import { isTest, type Source, testNamesOf } from '../source.ts'
import type { AdvisoryClass } from './advisories.ts'
import type { AsvsRequirement, Requirement } from './requirement.ts'

/** A test that has a requirement's id in its name. */
export interface NamingTest {
  readonly path: string
  readonly name: string
}

export type Trace = ReadonlyMap<string, readonly NamingTest[]>

const STORE_CONTRACT = `${PACKAGE_FOLDER}/src/testing/`
const ID = /\b(?:[A-Z]-\d{1,2}|T\d{2})\b/g

/** The tests that name each id, in the order of the sources. */
export function traceOf(sources: readonly Source[]): Trace {
  const trace = new Map<string, NamingTest[]>()
  for (const source of sources.filter(holdsTests)) {
    for (const { name } of testNamesOf(source)) {
      for (const id of new Set(name.match(ID) ?? [])) {
        trace.set(id, [...(trace.get(id) ?? []), { path: source.path, name }])
      }
    }
  }
  return trace
}

/** What takes a night, or a machine of its own, runs every night (scripts/nightly/steps.ts). */
function holdsTests({ path }: Source): boolean {
  return isTest(path) || path.endsWith('.nightly.ts') || path.startsWith(STORE_CONTRACT)
}

/** Those of ours that no test names and no reason excuses. */
export function missingIn(trace: Trace, required: readonly Requirement[]): string[] {
  return required.filter(({ id, reason }) => reason === undefined && !trace.has(id)).map(({ id }) => id)
}

/** Those of the standard that nothing shows: neither a reason, nor a requirement of ours that has a test. */
export function unshownIn(
  trace: Trace,
  standard: readonly AsvsRequirement[],
  own: readonly Requirement[],
): string[] {
  const isShown = (id: string) => trace.has(id) && own.some((requirement) => requirement.id === id)
  return standard
    .filter(({ by, reason }) => (by.length === 0 ? reason === undefined : !by.every(isShown)))
    .map(({ id }) => id)
}

/** Classes of advisories that nothing forbids: each requirement named has to have a test, or a reason. */
export function unguardedIn(
  trace: Trace,
  classes: readonly AdvisoryClass[],
  own: readonly Requirement[],
): string[] {
  const isGuarded = (id: string) =>
    own.some((requirement) => requirement.id === id && (trace.has(id) || requirement.reason !== undefined))
  return classes.filter(({ by }) => by.length === 0 || !by.every(isGuarded)).map(({ text }) => text)
}

/** Ids in the names of tests that stand for nothing: a slip of the pen, or a requirement that was dropped. */
export function unknownIn(trace: Trace, own: readonly Requirement[]): string[] {
  return [...trace.keys()].filter((id) => own.every((requirement) => requirement.id !== id)).sort()
}
