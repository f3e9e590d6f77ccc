import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { changesBetween, isUnchanged, parseSafely, textsOf, valuesOf } from './texts.ts'

suite('the JSON of a session by its keys', () => {
  test('leaves out the cookie, and what JSON leaves out', () => {
    const texts = textsOf({ a: 1, b: undefined, c: () => {}, d: { e: [] }, cookie: { path: '/' } })
    assert.deepEqual(Object.fromEntries(texts), { a: '1', d: '{"e":[]}' })
  })

  test('tells what was set and what is gone since, also inside of objects', () => {
    const session = { same: [1], changed: { deep: 1 }, gone: 1, added: new Date(0) }
    const before = textsOf({ same: [1], changed: { deep: 1 }, gone: 1 })
    session.changed.deep = 2
    Reflect.deleteProperty(session, 'gone')
    const changes = changesBetween(before, textsOf(session), session)
    assert.deepEqual(Object.fromEntries(changes), {
      changed: { kind: 'set', value: { deep: 2 } },
      added: { kind: 'set', value: new Date(0) },
      gone: { kind: 'delete' },
    })
    assert.equal(isUnchanged(session, before), false)
    assert.equal(isUnchanged(session, textsOf(session)), true)
  })

  test('holds no key that reaches a prototype', () => {
    const session = { a: JSON.parse('{"__proto__":{"x":1},"b":1}'), c: 'a text with "__proto__" in it' }
    const values = valuesOf(textsOf(session), session)
    assert.deepEqual(JSON.stringify(values), JSON.stringify({ a: { b: 1 }, c: session.c }))
    assert.equal(Object.hasOwn(Object(parseSafely('{"__proto__":1}')), '__proto__'), false)
  })
})
