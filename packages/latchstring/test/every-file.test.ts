import assert from 'node:assert/strict'
import { glob } from 'node:fs/promises'
import { test } from 'node:test'

const SRC = new URL('../src/', import.meta.url)

// A file that no test imports would be missing from the coverage, instead of lowering it.
test('every source file can be imported on its own', async () => {
  let imported = 0
  for await (const path of glob('**/*.ts', { cwd: SRC, exclude: ['**/*.test.ts'] })) {
    await import(new URL(path.replaceAll('\\', '/'), SRC).href)
    imported += 1
  }
  assert.notEqual(imported, 0)
})
