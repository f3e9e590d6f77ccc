// npm run traceability

import { writeFileSync } from 'node:fs'
import { ADVISORY_CLASSES } from './requirements/advisories.ts'
import { ASVS_REQUIREMENTS } from './requirements/asvs.ts'
import { OWN_REQUIREMENTS } from './requirements/own.ts'
import { PAGE_PATH, traceabilityPage } from './requirements/page.ts'
import { readTestSources } from './requirements/sources.ts'
import { traceOf } from './requirements/trace.ts'

const trace = traceOf(readTestSources())
writeFileSync(PAGE_PATH, traceabilityPage(trace, ASVS_REQUIREMENTS, OWN_REQUIREMENTS, ADVISORY_CLASSES))
console.log(`wrote ${PAGE_PATH}`)
