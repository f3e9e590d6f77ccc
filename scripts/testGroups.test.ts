import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { groupsOf, writeGroups } from './testGroups.ts'

const FILES = globSync([
  'packages/latchstring/{src,test}/**/*.test.ts',
  'examples/app/src/*.test.ts',
  'scripts/*.test.ts',
])

test('every test file is in one group', () => {
  assert.deepEqual(groupsOf(FILES).flat().sort(), FILES.toSorted())
})

test('the files of a folder share a process, and one with hooks of its own has its own', () => {
  const others = ['bench/a.test.ts', 'bench/b.test.ts', 'bench/hooks.test.ts', 'bench/c/d.test.ts']
  const texts = new Map([['bench/hooks.test.ts', "import x from 'y'\nafter(() => stop())\n"]])
  const groups = groupsOf([...FILES, ...others], (file) => texts.get(file) ?? 'test()\n')
  for (const group of [
    ['bench/a.test.ts', 'bench/b.test.ts'],
    ['bench/hooks.test.ts'],
    ['bench/c/d.test.ts'],
  ])
    assert.ok(groups.some((files) => files.join() === group.join()))
})

test('the longest begin first, and one that is gone is named', () => {
  assert.match(groupsOf(FILES)[0]?.join() ?? '', /crash/)
  const file = 'packages/latchstring/test/crash/crash.test.ts'
  assert.throws(() => groupsOf(FILES.filter((name) => name !== file)), /No such test file: .*crash/)
})

test('each group becomes a file that loads its own, named in their order', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const entries = writeGroups([['a.test.ts', 'b.test.ts'], ['c.test.ts']], folder)
  assert.deepEqual(
    entries.map((entry) => entry.slice(folder.length + 1)),
    ['000.mjs', '001.mjs'],
  )
  assert.match(
    readFileSync(entries[0] ?? '', 'utf8'),
    /^import "file:.*a\.test\.ts"\nimport "file:.*b\.test\.ts"\n$/,
  )
})
