import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingIn } from './check-requirements.ts'

function missing(text: string, path = 'packages/latchstring/test/a.test.ts'): string[] {
  return missingIn([{ path, text }], ['S-01', 'C-10'])
}

test('an id counts in the name of a test or of a suite, alone or beside others', () => {
  assert.deepEqual(missing("test('S-01: a token is random', f)\ndescribe('C-10', f)"), [])
  assert.deepEqual(missing("it('S-01, C-10: both', f)"), [])
  assert.deepEqual(missing('await t.test(`S-01 and $' + "{name}, C-10`, f)\ntest('a' + 'b', f)"), [])
})

test('an id counts in the store contract, which is no test file', () => {
  const text = "test('S-01', f)\nexport const cases = [{ name: 'create: insert only (C-10)', run: f }]"
  assert.deepEqual(missing(text, 'packages/latchstring/src/testing/store.ts'), [])
  assert.deepEqual(missing(text, 'packages/latchstring/src/core/token.ts'), ['S-01', 'C-10'])
})

test('an id in a comment, in the body of a test or in a skipped test proves nothing', () => {
  assert.deepEqual(missing("// S-01\ntest('a', () => log('S-01'))"), ['S-01', 'C-10'])
  assert.deepEqual(missing("test.skip('S-01', f); it.todo('C-10')"), ['S-01', 'C-10'])
  assert.deepEqual(missing("test('S-01', { skip: true }, f); it('C-10', { todo: 'later' }, f)"), [
    'S-01',
    'C-10',
  ])
})

test('an id of a test that runs under a condition counts', () => {
  assert.deepEqual(missing("test('S-01, C-10', { skip: !hasBrowser }, f)"), [])
})

test('an id in a list counts only where something runs', () => {
  assert.deepEqual(missing("const cases = [{ name: 'S-01' }, { title: 'C-10', run: f }]"), ['S-01', 'C-10'])
})

test('a longer id is another id', () => {
  assert.deepEqual(missing("test('S-011 XC-10', f)"), ['S-01', 'C-10'])
})
