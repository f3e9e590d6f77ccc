import { existsSync, readFileSync } from 'node:fs'
import { ADVISORY_CLASSES } from './requirements/advisories.ts'
import { ASVS_REQUIREMENTS } from './requirements/asvs.ts'
import { OWN_REQUIREMENTS } from './requirements/own.ts'
import { PAGE_PATH, traceabilityPage } from './requirements/page.ts'
import { readTestSources } from './requirements/sources.ts'
import { missingIn, type Trace, traceOf, unguardedIn, unknownIn, unshownIn } from './requirements/trace.ts'

/** What is wrong, each in one line that says what to do. */
function problemsOf(trace: Trace): string[] {
  const missing = missingIn(trace, OWN_REQUIREMENTS)
  const unshown = unshownIn(trace, ASVS_REQUIREMENTS, OWN_REQUIREMENTS)
  const unguarded = unguardedIn(trace, ADVISORY_CLASSES, OWN_REQUIREMENTS)
  const unknown = unknownIn(trace, OWN_REQUIREMENTS)
  return [
    ...missing.map((id) => `${id}: no test has it in its name: write one, test('… (${id})')`),
    ...unshown.map((id) => `${id}: needs a requirement of ours that a test names, or a reason`),
    ...unguarded.map((text) => `"${text}" needs requirements of ours that have a test or a reason`),
    ...unknown.map(
      (id) => `${id}: a test names it, and neither scripts/requirements/own.ts nor attacks.ts does`,
    ),
    ...(isUpToDate(trace) ? [] : [`${PAGE_PATH} is out of date: npm run traceability`]),
  ]
}

function isUpToDate(trace: Trace): boolean {
  const page = traceabilityPage(trace, ASVS_REQUIREMENTS, OWN_REQUIREMENTS, ADVISORY_CLASSES)
  return existsSync(PAGE_PATH) && readFileSync(PAGE_PATH, 'utf8') === page
}

function main(): void {
  const problems = problemsOf(traceOf(readTestSources()))
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else
    console.log(
      `requirements: ${OWN_REQUIREMENTS.length} of ours, ${ASVS_REQUIREMENTS.length} of ASVS 5.0 and ${ADVISORY_CLASSES.length} classes of advisories have a test or a reason`,
    )
}

if (import.meta.main) main()
