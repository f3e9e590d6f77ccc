import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingIn, unwantedIn } from './check-package.ts'

test('a tarball holds the built files and the papers, nothing else', () => {
  const papers = ['README.md', 'LICENSE', 'package.json']
  assert.deepEqual(unwantedIn([...papers, 'dist/index.js', 'dist/core/token.d.ts']), [])
  const unwanted = ['src/index.ts', 'dist/core/token.test.js', 'docs/README.md', 'tsconfig.build.json']
  assert.deepEqual(unwantedIn([...papers, ...unwanted]), unwanted)
})

test('a tarball without a paper or without the built files is incomplete', () => {
  assert.deepEqual(missingIn(['package.json']), ['README.md', 'LICENSE', 'dist/index.js'])
})
