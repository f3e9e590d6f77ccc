// npm run traceability

import { writeFileSync } from 'node:fs'
import { ASVS_REQUIREMENTS } from './requirements/asvs.ts'
import { OWN_REQUIREMENTS } from './requirements/own.ts'
import { PAGE_PATH, traceabilityPage } from './requirements/page.ts'
import { readTestSources } from './requirements/sources.ts'
import { traceOf } from './requirements/trace.ts'

writeFileSync(PAGE_PATH, traceabilityPage(traceOf(readTestSources()), ASVS_REQUIREMENTS, OWN_REQUIREMENTS))
console.log(`wrote ${PAGE_PATH}`)
