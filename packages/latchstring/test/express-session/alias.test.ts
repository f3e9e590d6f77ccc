import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as imported from 'latchstring/express-session'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'latchstring-alias-'))

/** A program's own node_modules, where `express-session` is ours: what `npm install` makes of the alias. */
before(() => {
  mkdirSync(join(folder, 'node_modules'))
  cpSync(join(ROOT, 'packages/express-session'), join(folder, 'node_modules/express-session'), {
    recursive: true,
  })
  symlinkSync(join(ROOT, 'packages/latchstring'), join(folder, 'node_modules/latchstring'))
  // A copy: from where it really is, it would find the express-session that is really there.
  cpSync(join(ROOT, 'node_modules/connect-redis'), join(folder, 'node_modules/connect-redis'), {
    recursive: true,
  })
  for (const name of ['express', 'redis', '@types']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
})
after(() => rmSync(folder, { recursive: true }))

function run(file: string, program: string): string {
  writeFileSync(join(folder, file), program)
  const argv = ['--conditions=latchstring-source', '--throw-deprecation', file]
  return execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' }).trim()
}

function compile(file: string, program: string): string {
  writeFileSync(join(folder, file), program)
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const flags = [
    ...[
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
    ],
    ...['--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--ignoreConfig'],
    ...['--allowImportingTsExtensions', '--customConditions', 'latchstring-source'],
  ]
  const argv = [join(typescript, 'bin/tsc'), ...flags, file]
  const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' })
  return stdout + stderr
}

suite('the drop-in by its own name', () => {
  test('require gives the function with its classes, the same as import', () => {
    const required: unknown = createRequire(import.meta.url)('latchstring/express-session')
    assert.equal(required, imported.default)
    const { Store, MemoryStore, Cookie, Session } = imported
    assert.deepEqual({ ...imported.default }, { Store, MemoryStore, Cookie, Session })
  })
})

suite('the drop-in under the name express-session', () => {
  test('import gives the same function, and connect-redis inherits from its Store', () => {
    const program = `
      import session, { Store, MemoryStore, Cookie, Session } from 'express-session'
      import ours from 'latchstring/express-session'
      import { RedisStore } from 'connect-redis'
      console.log(session === ours, new RedisStore({ client: {} }) instanceof Store, session.Store === Store,
        session({ secret: 'x', warn() {} }).length, new MemoryStore() instanceof Store, new Cookie().path, typeof Session)`
    assert.equal(run('main.mjs', program), 'true true true 3 true / function')
  })

  test('require gives the function itself, and connect-redis inherits from its Store', () => {
    const program = `
      const session = require('express-session')
      const { RedisStore } = require('connect-redis')
      console.log(typeof session, new RedisStore({ client: {} }) instanceof session.Store)`
    assert.equal(run('main.cjs', program), 'function true')
  })

  test('a store of either generation inherits from Store, by a class or as it was done before', () => {
    const program = `
      const session = require('express-session')
      const util = require('node:util')
      function Old(options) { session.Store.call(this, options); this.rows = new Map() }
      util.inherits(Old, session.Store)
      class New extends session.Store { rows = new Map() }
      for (const Kind of [Old, New]) {
        Kind.prototype.get = function (sid, done) { done(null, this.rows.get(sid)) }
        Kind.prototype.set = function (sid, session, done) { this.rows.set(sid, JSON.parse(JSON.stringify(session))); done() }
        Kind.prototype.destroy = function (sid, done) { this.rows.delete(sid); done() }
        const store = new Kind()
        store.on('connect', () => console.log('connected'))
        store.emit('connect')
        store.set('id', { cookie: {}, a: 1 }, () => {})
        store.load('id', (error, loaded) => console.log(error, loaded.a, loaded.id, loaded instanceof session.Session))
      }`
    const one = 'null 1 id true'
    assert.equal(run('stores.cjs', program), `connected\nconnected\n${one}\n${one}`)
  })

  test('declared data, stores and the names of types are those of a program written for express-session', () => {
    const program = `
      import { RedisStore } from 'connect-redis'
      import express from 'express'
      import session, { Store, type SessionData } from 'express-session'
      import { createClient } from 'redis'

      declare module 'express-session' {
        interface SessionData { views?: number; user?: { id: string } }
      }

      const store = new RedisStore({ client: createClient() })
      const cookie = { maxAge: 1000, secure: 'auto', sameSite: 'lax' } as const
      const app = express().use(session({ secret: 'x', resave: false, saveUninitialized: true, store, cookie }))
      app.get('/', (req, res) => {
        req.session.views = (req.session.views ?? 0) + 1
        const id: string | undefined = req.session.user?.id
        // @ts-expect-error Nobody declared it.
        req.session.unknown = 1
        req.session.regenerate((error) => {
          if (!error) req.session.save(() => res.json(id))
        })
        const data: session.SessionData = req.session
        const kept: session.Store = req.sessionStore
        return [data.cookie.originalMaxAge, kept, req.sessionID, req.session.id]
      })
      class Mine extends Store {
        override get(_: string, callback: (error?: unknown, session?: SessionData | null) => void) { callback() }
        override set(_: string, __: SessionData, callback?: (error?: unknown) => void) { callback?.() }
        override destroy(_: string, callback?: (error?: unknown) => void) { callback?.() }
      }
      export const options: session.SessionOptions = { secret: 'a', store: new Mine() }`
    assert.equal(compile('main.ts', program), '')
  })

  test('the types know what require gives', () => {
    const program = `
      import session = require('express-session')
      const store: session.Store = new session.MemoryStore()
      export const middleware = session({ secret: 'x', store })`
    assert.equal(compile('main.cts', program), '')
  })
})
