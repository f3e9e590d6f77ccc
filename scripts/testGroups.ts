import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** They begin first, each by itself: one that began last would run on when all others are done. */
const LONGEST_FILES: readonly string[] = [
  'packages/latchstring/test/crash/crash',
  'packages/latchstring/test/processes/processes',
  'packages/latchstring/test/accounts/browser',
  'packages/latchstring/test/pages-browser',
  'packages/latchstring/test/accounts/failures',
  'packages/latchstring/test/history/history',
  'packages/latchstring/src/stores/redis',
  'packages/latchstring/src/users/postgres',
  'examples/app/src/stores',
  'packages/latchstring/src/stores/fromExpressStore',
  'packages/latchstring/src/stores/postgres',
  'packages/latchstring/test/accounts/canary',
  'packages/latchstring/test/faults/faults',
  'packages/latchstring/test/accounts/processes',
  'packages/latchstring/test/faults/outage',
  'packages/latchstring/test/simulation/simulation',
  'scripts/servers',
].map((name) => `${name}.test.ts`)

/** At the root of a file it would be one of all tests in the process. */
const ROOT_HOOK = /^(before|after|beforeEach|afterEach)\(/m

/**
 * Which test files run in one process. To start it and to load what is tested takes a second, and most files are done in
 * less: those of a folder share one. `read` gives the text of a file.
 */
export function groupsOf(files: readonly string[], read = textOf): string[][] {
  const missing = LONGEST_FILES.filter((file) => !files.includes(file))
  if (missing.length > 0) throw new Error(`No such test file: ${missing.join(', ')}`)
  const others = files.filter((file) => !LONGEST_FILES.includes(file))
  const alone = others.filter((file) => ROOT_HOOK.test(read(file)))
  const shared = others.filter((file) => !alone.includes(file))
  const folders = Map.groupBy(shared, (file) => dirname(file))
  return [...[...LONGEST_FILES, ...alone].map((file) => [file]), ...folders.values()]
}

/** Writes a file for each group, which loads those of the group. Node runs them in the order of their names. */
export function writeGroups(groups: readonly (readonly string[])[], folder: string): string[] {
  return groups.map((files, index) => {
    const entry = join(folder, `${String(index).padStart(3, '0')}.mjs`)
    const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)}\n`)
    writeFileSync(entry, imports.join(''))
    return entry
  })
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8')
}
