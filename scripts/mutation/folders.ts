import { globSync } from 'node:fs'
import { PACKAGE_FOLDER } from '../manifest.ts'
import { isTest } from '../source.ts'

/** A folder whose files are mutated, and the tests that ought to notice. */
export interface MutatedFolder {
  readonly name: string
  readonly files: readonly string[]
  /** Tests of the files themselves, and tests of the whole that need no server. */
  readonly tests: readonly string[]
  /** In percent. Below it the run has failed. */
  readonly leastScore: number
}

/** Everything rests on the core; the others' scores are there to be read. */
const LEAST_SCORES: Readonly<Record<string, number>> = { core: 90 }

const TESTS: Readonly<Record<string, readonly string[]>> = {
  core: [
    'src/core/*.test.ts',
    'test/express-{session,lifetime,login,limit,guards,options,cached}.test.ts',
    'test/migration/{session,hostile,cookie-session}.test.ts',
  ],
  http: [
    'src/http/*.test.ts',
    'test/{http,response}*.test.ts',
    'test/express-{session,login,origin}.test.ts',
  ],
  auth: [
    'src/auth/**/*.test.ts',
    'test/accounts/{login,recovery,email,devices,stepUp,secondFactor,races,failures,sameWork}.test.ts',
  ],
}

export const FOLDERS: readonly string[] = Object.keys(TESTS)

/** @throws Error for a folder that has no tests here. */
export function folderNamed(name: string): MutatedFolder {
  const patterns = TESTS[name]
  if (patterns === undefined) throw new Error(`there is no folder "${name}"; there are ${FOLDERS.join(', ')}`)
  const found = globSync(`${PACKAGE_FOLDER}/src/${name}/**/*.ts`)
  return {
    name,
    files: found.filter((file) => !isTest(file) && !file.includes('/passwords/blocklist')).sort(),
    tests: globSync(patterns.map((pattern) => `${PACKAGE_FOLDER}/${pattern}`)).sort(),
    leastScore: LEAST_SCORES[name] ?? 0,
  }
}
