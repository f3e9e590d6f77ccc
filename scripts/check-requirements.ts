import { PACKAGE_FOLDER } from './manifest.ts'
import { isTest, readSources, type Source, testNamesOf } from './source.ts'

/** The security requirements that a test has to name, so that nobody removes the last proof of one unnoticed. */
const REQUIREMENTS = [
  ...['S-01', 'S-02', 'S-03', 'S-04', 'S-05', 'S-06', 'S-07', 'S-08'],
  ...['S-10', 'S-11', 'S-12', 'S-13', 'S-14', 'S-15', 'S-16', 'S-17', 'S-22', 'S-25'],
  ...['C-01', 'C-02', 'C-03', 'C-04', 'C-05', 'C-06', 'C-07', 'C-08', 'C-09', 'C-10'],
  ...['W-01', 'W-05', 'W-12'],
  ...['F-01', 'F-02', 'F-03', 'F-04', 'F-07', 'F-08', 'F-09', 'F-10', 'F-11', 'F-12'],
]

const STORE_CONTRACT = `${PACKAGE_FOLDER}/src/testing/`
const ID = /\b[A-Z]-\d\d\b/g

/** The ids that no test of these sources has in its name. */
export function missingIn(sources: readonly Source[], required: readonly string[]): string[] {
  const named = new Set(sources.filter(holdsTests).flatMap(idsIn))
  return required.filter((id) => !named.has(id))
}

function holdsTests({ path }: Source): boolean {
  return isTest(path) || path.startsWith(STORE_CONTRACT)
}

function idsIn(source: Source): string[] {
  return testNamesOf(source).flatMap(({ name }) => name.match(ID) ?? [])
}

function main(): void {
  const sources = readSources([`${PACKAGE_FOLDER}/**/*.ts`, 'examples/**/*.ts'])
  const missing = missingIn(sources, REQUIREMENTS)
  if (missing.length === 0) {
    console.log(`requirements: a test names each of the ${REQUIREMENTS.length}`)
    return
  }
  console.error(`No test has these requirements in its name: ${missing.join(', ')}`)
  console.error("Write the test, and begin its name with the id: test('S-12: …')")
  process.exitCode = 1
}

if (import.meta.main) main()
