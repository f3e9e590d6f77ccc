import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { missingIn, unwantedIn } from './check-package.ts'
import { MANIFEST_PATH } from './manifest.ts'

test('a tarball holds the built files and the papers, nothing else (F-14)', () => {
  const papers = ['README.md', 'LICENSE', 'package.json']
  assert.deepEqual(unwantedIn([...papers, 'dist/index.js', 'dist/core/token.d.ts']), [])
  const unwanted = ['src/index.ts', 'dist/core/token.test.js', 'docs/README.md', 'tsconfig.build.json']
  assert.deepEqual(unwantedIn([...papers, ...unwanted]), unwanted)
})

test('a tarball without a paper or without the built files is incomplete', () => {
  assert.deepEqual(missingIn(['package.json']), ['README.md', 'LICENSE', 'dist/index.js'])
})

test('the package depends on no other, and runs nothing when it is installed (F-13)', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta, scripts } = read(MANIFEST_PATH)
  assert.equal(dependencies, undefined)
  assert.deepEqual(Object.keys(peerDependencies), Object.keys(peerDependenciesMeta))
  assert.deepEqual(
    ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => Object.hasOwn(scripts, name)),
    [],
  )
})

test('the lock file has the hash of every package but those for some platforms alone (F-13)', () => {
  const { packages } = read('package-lock.json')
  const without = Object.keys(packages).filter((path) => {
    const { link, optional, integrity } = packages[path]
    const isOwn = link === true || !path.startsWith('node_modules/')
    return !isOwn && optional !== true && typeof integrity !== 'string'
  })
  assert.deepEqual(without, [])
})

function read(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
