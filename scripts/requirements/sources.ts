import { PACKAGE_FOLDER } from '../manifest.ts'
import { readSources, type Source } from '../source.ts'

/** Every file that may hold a test. */
export function readTestSources(): Source[] {
  return readSources([`${PACKAGE_FOLDER}/**/*.ts`, 'examples/**/*.ts', 'scripts/*.test.ts'])
}
