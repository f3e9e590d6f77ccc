import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violationsIn } from './check-imports.ts'

const PUBLIC = ['latchstring', 'latchstring/express']

function violations(path: string, text: string): string[] {
  return violationsIn({ path, text }, PUBLIC).map(({ line, rule, fix }) => `${line} ${rule}: ${fix}`)
}

function inPackage(path: string, text: string): string[] {
  return violations(`packages/latchstring/src/${path}`, text)
}

function assertFound(found: readonly string[], ...expected: readonly RegExp[]): void {
  assert.equal(found.length, expected.length, found.join('\n'))
  for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern)
}

test('core imports nothing but node:crypto and itself', () => {
  assert.deepEqual(inPackage('core/a.ts', "import 'node:crypto'\nimport './b.ts'"), [])
  assertFound(inPackage('core/a.ts', "\nimport 'node:fs'"), /^2 import: core imports no builtin/)
  assertFound(inPackage('core/a.ts', "import '../stores/memory.ts'"), /core may import core:/)
  assertFound(inPackage('core/a.ts', "import '../index.ts'"), /core may import core:/)
})

test('an import is found in every spelling', () => {
  const spellings = [
    "import type { A } from '../http/a.ts'",
    "export * from '../http/a.ts'",
    "export type { A } from '../http/a.ts'",
    "await import('../http/a.ts')",
    "type A = import('../http/a.ts').A",
  ]
  for (const text of spellings) assertFound(inPackage('core/a.ts', text).slice(0, 1), /core may import core:/)
  assertFound(inPackage('stores/a.ts', 'await import(name)'), /name the module in the import/)
  assertFound(inPackage('stores/a.ts', '/// <reference types="pg" />'), /no runtime dependency/)
})

test('an import in a comment or a string is none', () => {
  assert.deepEqual(inPackage('stores/a.ts', "// import 'pg'\nconst text = \"import 'pg'\""), [])
})

test('a store imports the types, errors, clock, chance and durations of core, builtins and what stores share', () => {
  const core = ['types', 'errors', 'clock', 'random', 'duration'].map((file) => `../core/${file}.ts`)
  const allowed = [...core, './sql.ts', './_batch.ts', 'node:sqlite']
  for (const module of allowed) assert.deepEqual(inPackage('stores/sqlite.ts', `import '${module}'`), [])
  assertFound(inPackage('stores/sqlite.ts', "import './memory.ts'"), /siblings of stores\//)
  assertFound(inPackage('stores/sql.ts', "import './sqlite.ts'"), /siblings of stores\//)
  assertFound(
    inPackage('stores/sqlite.ts', "import '../core/token.ts'"),
    /stores may import only core\/types.ts/,
  )
  assertFound(inPackage('stores/sqlite.ts', "import '../http/a.ts'"), /stores may import core, stores/)
})

test('users import what stores share and the types of auth, and never each other', () => {
  const allowed = [
    '../stores/_postgresDriver.ts',
    '../auth/types.ts',
    '../core/types.ts',
    './sql.ts',
    './_check.ts',
  ]
  for (const module of allowed) assert.deepEqual(inPackage('users/postgres.ts', `import '${module}'`), [])
  assertFound(inPackage('users/postgres.ts', "import './mysql.ts'"), /siblings of users\//)
  assertFound(
    inPackage('users/postgres.ts', "import '../auth/gate.ts'"),
    /users may import only auth\/types.ts/,
  )
})

test('http, auth and pages import only what stands above them', () => {
  assert.deepEqual(inPackage('http/a.ts', "import '../core/a.ts'\nimport './b.ts'\nimport 'node:http'"), [])
  assertFound(inPackage('http/a.ts', "import '../stores/memory.ts'"), /http may import core, http:/)
  assert.deepEqual(inPackage('auth/a.ts', "import '../core/a.ts'\nimport '../http/a.ts'"), [])
  assertFound(inPackage('auth/a.ts', "import '../pages/html.ts'"), /auth may import core, http, auth:/)
  assert.deepEqual(inPackage('pages/layout.ts', "import '../auth/types.ts'\nimport './html.ts'"), [])
  assertFound(
    inPackage('pages/layout.ts', "import '../auth/guards.ts'"),
    /pages may import only auth\/types.ts/,
  )
})

test('pages never import each other', () => {
  assert.deepEqual(inPackage('pages/views/login.ts', "import '../layout.ts'"), [])
  assertFound(inPackage('pages/views/login.ts', "import './signup.ts'"), /siblings of pages\/views\//)
})

test('login methods never import each other', () => {
  assert.deepEqual(inPackage('auth/methods/password.ts', "import '../users.ts'"), [])
  assertFound(inPackage('auth/methods/password.ts', "import './totp.ts'"), /siblings of auth\/methods\//)
})

test('an adapter imports all above it, but no other adapter', () => {
  const text = "import '../../core/a.ts'\nimport '../../http/a.ts'\nimport './handler.ts'"
  assert.deepEqual(inPackage('adapters/express/index.ts', text), [])
  assertFound(inPackage('adapters/koa/index.ts', "import '../express/index.ts'"), /siblings of adapters\//)
  assertFound(inPackage('adapters/koa/index.ts', "import '../../testing/index.ts'"), /adapters may import/)
})

test('index.ts imports no adapter, no test tool and no command', () => {
  assert.deepEqual(inPackage('index.ts', "import './core/a.ts'\nimport './stores/memory.ts'"), [])
  for (const folder of ['adapters/express', 'testing', 'cli']) {
    assertFound(inPackage('index.ts', `import './${folder}/index.ts'`), /root may import/)
  }
})

test('testing and cli see everything', () => {
  const text = "import '../adapters/express/index.ts'\nimport '../index.ts'\nimport '../core/a.ts'"
  assert.deepEqual(inPackage('testing/a.ts', text), [])
  assert.deepEqual(inPackage('cli/a.ts', text), [])
})

test('a new folder needs a place in the layout', () => {
  assertFound(inPackage('mail/a.ts', "import '../core/a.ts'"), /give the folder 'mail' its place/)
})

test('nothing in the package imports another package or leaves src', () => {
  assertFound(
    inPackage('adapters/express/index.ts', "import type { Request } from 'express'"),
    /take 'express' as/,
  )
  assertFound(inPackage('index.ts', "import '../package.json'"), /stay inside src/)
})

test('time, chance and waiting come from one file each', () => {
  assertFound(inPackage('http/a.ts', 'f(Date.now())\nnew Date()'), /^1 Date.now only/, /^2 new Date\(\) only/)
  assertFound(inPackage('http/a.ts', 'performance.now()'), /only in core\/clock.ts/)
  assertFound(
    inPackage('stores/a.ts', 'crypto.randomUUID(); Math.random()'),
    /core\/random.ts/,
    /core\/random.ts/,
  )
  assert.notEqual(inPackage('auth/a.ts', "import { randomBytes as bytes } from 'node:crypto'").length, 0)
  assertFound(inPackage('core/a.ts', 'setTimeout(f, 1)'), /only in core\/timers.ts/)
})

test('time, chance and waiting are allowed at home, and waiting outside of core', () => {
  assert.deepEqual(inPackage('core/clock.ts', 'Date.now()'), [])
  assert.deepEqual(inPackage('core/random.ts', 'randomBytes(1)'), [])
  assert.deepEqual(inPackage('core/timers.ts', 'setTimeout(f, 1)'), [])
  assert.deepEqual(inPackage('stores/a.ts', 'setTimeout(f, 1); new Date(0)'), [])
})

test('core does not speak of the web or of databases, not even in a comment', () => {
  assertFound(inPackage('core/a.ts', '\n/** An HTTP cookie. */'), /^2 .*'HTTP'/, /^2 .*'cookie'/)
  assert.deepEqual(inPackage('http/a.ts', '/** An HTTP cookie. */'), [])
})

test('a test may import what it likes', () => {
  assert.deepEqual(inPackage('core/a.test.ts', "import 'express'\nDate.now()"), [])
})

test('an example imports the package only by its public names', () => {
  const inExample = (text: string) => violations('examples/app/src/main.ts', text)
  assert.deepEqual(inExample("import 'latchstring/express'\nimport 'express'\nimport '../views.ts'"), [])
  assertFound(inExample("import 'latchstring/core/token'"), /'latchstring\/core\/token' is not public/)
  assertFound(inExample("import '../../../packages/latchstring/src/index.ts'"), /by its public name/)
  assertFound(inExample("import '../../quickstart/server.ts'"), /nothing else outside examples\/app/)
})
