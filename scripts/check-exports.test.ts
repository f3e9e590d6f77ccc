import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violationsIn } from './check-exports.ts'

const FILES = [
  'src/index.ts',
  'src/core/token.ts',
  'src/stores/memory.ts',
  'src/stores/memory.test.ts',
  'src/stores/sql.ts',
  'src/stores/_batch.ts',
  'src/users/memory.ts',
  'src/users/sql.ts',
  'src/users/_check.ts',
  'src/adapters/express/index.ts',
  'src/adapters/express/handler.ts',
  'src/testing/index.ts',
]

function entry(path: string): Record<string, string> {
  return {
    'latchstring-source': `./src/${path}.ts`,
    types: `./dist/${path}.d.ts`,
    default: `./dist/${path}.js`,
  }
}

const EXPORTS = {
  '.': entry('index'),
  './express': entry('adapters/express/index'),
  './stores/memory': entry('stores/memory'),
  './users/memory': entry('users/memory'),
  './testing': entry('testing/index'),
  './package.json': './package.json',
}

function violations(exports: object, files: readonly string[]): string[] {
  const manifest = JSON.stringify({ name: 'latchstring', exports }, null, 2)
  return violationsIn(manifest, files).map(({ line, rule, fix }) => `${line} ${rule} ${fix}`)
}

test('exports that mirror the folders are right', () => {
  assert.deepEqual(violations(EXPORTS, FILES), [])
})

test('an entry without its file is found, at its line', () => {
  const found = violations({ ...EXPORTS, './stores/redis': entry('stores/redis') }, FILES)
  assert.deepEqual(found, ['30 exports["./stores/redis"] write src/stores/redis.ts, or remove the entry'])
})

test('a public store, public users, an adapter, the test kit and the index need an entry', () => {
  const missing = violations({ './package.json': './package.json' }, FILES).map((line) => line.split(' ')[1])
  assert.deepEqual(
    missing,
    ['.', './stores/memory', './users/memory', './express', './testing'].map((path) => `exports["${path}"]`),
  )
})

test('the conditions must stand in their order and name the matching files', () => {
  const { default: built, ...rest } = entry('index')
  for (const wrong of [{ default: built, ...rest }, rest, entry('stores/memory'), './dist/index.js']) {
    const [found = ''] = violations({ ...EXPORTS, '.': wrong }, FILES)
    assert.match(found, /exports\["\."\] must be \{"latchstring-source":"\.\/src\/index\.ts"/)
  }
})

test('an entry that no folder mirrors is found', () => {
  const found = violations({ ...EXPORTS, './core/token/secret': entry('core/token') }, FILES)
  assert.equal(found.length, 1)
  assert.match(found[0] ?? '', /no folder has this name/)
})

test('a shared file of the stores or of the users is no entry', () => {
  for (const path of ['stores/sql', 'users/sql', 'users/_check']) {
    const found = violations({ ...EXPORTS, [`./${path}`]: entry(path) }, FILES)
    assert.match(found[0] ?? '', /exports\["\.\/(stores|users)\/\w+"\] .*shared/)
  }
})
