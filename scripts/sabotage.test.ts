import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEdit, type Edit } from './sabotage/edit.ts'
import { EDITS } from './sabotage/edits.ts'
import { problemsOf } from './sabotage.ts'

const EDIT: Edit = {
  name: 'no-check',
  requirement: 'S-13',
  breaks: 'A check is made.',
  file: 'core/a.ts',
  find: 'if (isWrong) return',
  replacement: 'if (false) return',
  tests: ['src/core/a.test.ts'],
}

test('an edit changes its one place, and nothing by a pattern of the replacement', () => {
  const edit = { ...EDIT, replacement: "'$&'" }
  assert.equal(applyEdit('a; if (isWrong) return; b', edit), "a; '$&'; b")
})

test('an edit whose place is gone, or is there twice, or that changes nothing, is an error', () => {
  for (const text of ['', 'if (isWrong) return; if (isWrong) return']) {
    assert.throws(() => applyEdit(text, EDIT), /times instead of once/)
  }
  assert.throws(() => applyEdit(EDIT.find, { ...EDIT, replacement: EDIT.find }), /changes nothing/)
})

test('a list is checked without running anything', () => {
  const read = (path: string) => (path.endsWith('missing.test.ts') ? null : 'if (isWrong) return')
  const edits = [
    EDIT,
    EDIT,
    { ...EDIT, name: 'no-test', tests: [] },
    { ...EDIT, name: 'no-file', tests: ['missing.test.ts'] },
    { ...EDIT, name: 'no-program', replacement: 'if (' },
  ]
  const problems = problemsOf(edits, read).join('\n')
  assert.match(problems, /only 5 edits of 40/)
  assert.match(problems, /^no-check: the name stands for two edits$/m)
  assert.match(problems, /^no-test: names no test$/m)
  assert.match(problems, /^no-file: missing.test.ts does not exist$/m)
  assert.match(problems, /^no-program: leaves no valid program/m)
})

test('every edit of the list says what it breaks (Z-13)', () => {
  for (const { name, breaks, requirement } of EDITS) {
    assert.match(name, /^[a-z0-9-]+$/)
    assert.match(breaks, /^[A-Z].+\.$/, name)
    assert.match(requirement, /^([A-Z]-\d\d|design)$/, name)
  }
})
