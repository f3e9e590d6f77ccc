import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutantsOf } from './mutation/mutants.ts'

/** What becomes of a program, by each of its mutants. */
function mutated(text: string): string[] {
  return mutantsOf({ path: 'a.ts', text }).map(
    ({ start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end),
  )
}

test('a comparison is turned around, and moved by its boundary', () => {
  assert.deepEqual(mutated('x(a < b)'), [';', 'x((a <= b))', 'x((a >= b))'])
  assert.deepEqual(mutated('const c = a === b'), ['const c = (a !== b)'])
})

test('a condition is always true, always false, and without its negation', () => {
  assert.deepEqual(mutated('if (!a) {}'), ['if (true) {}', 'if (false) {}', 'if (a) {}'])
  assert.deepEqual(mutated('const c = a ? b : d'), ['const c = true ? b : d', 'const c = false ? b : d'])
})

test('a logical operator becomes the other one, and keeps what it binds', () => {
  assert.deepEqual(mutated('const c = a && b'), ['const c = ((a) || (b))'])
  assert.deepEqual(mutated('const c = a ?? b'), ['const c = ((a) && (b))'])
})

test('a call that is made for its effect is left out, and a body is emptied', () => {
  assert.deepEqual(mutated('await a.b()'), [';'])
  assert.deepEqual(mutated('function f() { g() }'), ['function f() {}', 'function f() { ; }'])
})

test('a result is null, a text is empty, an array too', () => {
  assert.deepEqual(mutated('const f = () => { return x }'), ['const f = () => { return null }'])
  assert.deepEqual(mutated("const a = 'b', c = '', d = [e]"), [
    "const a = '', c = '', d = [e]",
    "const a = 'b', c = 'mutant', d = [e]",
    "const a = 'b', c = '', d = []",
  ])
})

test('a calculation is another one, unless it joins texts', () => {
  assert.deepEqual(mutated('const c = a * 2'), ['const c = (a / 2)'])
  assert.deepEqual(mutated("const c = a + ''"), ["const c = a + 'mutant'"])
  assert.deepEqual(mutated('a++'), ['a--', ';'].toSorted())
})

test('types, imports, the names of properties and the words of errors are left alone', () => {
  const text = `import { a } from './a.ts'
type T = 'b' | 'c'
const o: Record<'d', T> = { 'e': f } as const
throw new LatchstringError(code, 'the words')`
  assert.deepEqual(mutated(text), [])
})
