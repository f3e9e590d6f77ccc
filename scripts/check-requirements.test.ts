import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADVISORY_CLASSES } from './requirements/advisories.ts'
import { OWN_REQUIREMENTS } from './requirements/own.ts'
import { readTestSources } from './requirements/sources.ts'
import { missingIn, traceOf, unguardedIn, unknownIn, unshownIn } from './requirements/trace.ts'

const REQUIRED = [
  { id: 'S-01', text: 'tokens' },
  { id: 'C-10', text: 'responses' },
]
const ATTACK = { id: 'T21', text: 'a token elsewhere' }

function missing(text: string, path = 'packages/latchstring/test/a.test.ts'): string[] {
  return missingIn(traceOf([{ path, text }]), REQUIRED)
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

test('an attack counts like a requirement, whichever of them stands first', () => {
  const trace = traceOf([{ path: 'a.test.ts', text: "test('S-01, T21: a', f)\ntest('b (C-10)', f)" }])
  assert.deepEqual(missingIn(trace, [...REQUIRED, ATTACK, { id: 'T22', text: '' }]), ['T22'])
})

test('an id counts in a test that runs at night', () => {
  assert.deepEqual(missing("test('S-01, C-10', f)", 'packages/latchstring/test/a.nightly.ts'), [])
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
  assert.deepEqual(missingIn(traceOf([{ path: 'a.test.ts', text: "test('T211 UT21 T2', f)" }]), [ATTACK]), [
    'T21',
  ])
})

test('a requirement with a reason needs no test', () => {
  const excused = [...REQUIRED, { id: 'K-01', text: 'passkeys', reason: 'not built yet' }]
  assert.deepEqual(missingIn(traceOf([]), excused), ['S-01', 'C-10'])
})

test('one of the standard is shown by tests of all of ours that it names, or has a reason (Z-14)', () => {
  const trace = traceOf([{ path: 'a.test.ts', text: "test('S-01', f)" }])
  const standard = [
    { id: 'V1', level: 1, text: '', by: ['S-01'] },
    { id: 'V2', level: 1, text: '', by: ['S-01', 'C-10'] },
    { id: 'V3', level: 2, text: '', by: [] },
    { id: 'V4', level: 2, text: '', by: [], reason: 'none of ours' },
    { id: 'V5', level: 3, text: '', by: ['Z-99'] },
  ] as const
  assert.deepEqual(unshownIn(trace, standard, REQUIRED), ['V2', 'V3', 'V5'])
})

test('an id that stands for nothing is found', () => {
  const trace = traceOf([{ path: 'a.test.ts', text: "test('S-01, S-99', f)" }])
  assert.deepEqual(unknownIn(trace, REQUIRED), ['S-99'])
})

test('a class of advisories is forbidden by requirements that all have a test or a reason', () => {
  const trace = traceOf([{ path: 'a.test.ts', text: "test('S-01', f)" }])
  const own = [...REQUIRED, { id: 'K-01', text: 'passkeys', reason: 'not built yet' }]
  const classOf = (...by: string[]) => ({ text: by.join(), seenIn: [], by })
  const classes = [
    classOf('S-01'),
    classOf('S-01', 'K-01'),
    classOf('S-01', 'C-10'),
    classOf('Z-99'),
    classOf(),
  ]
  assert.deepEqual(unguardedIn(trace, classes, own), ['S-01,C-10', 'Z-99', ''])
})

test('each class of published advisories is forbidden by requirements with tests, but for what is not built (Z-12)', () => {
  const trace = traceOf(readTestSources())
  assert.ok(ADVISORY_CLASSES.length >= 35)
  assert.deepEqual(unguardedIn(trace, ADVISORY_CLASSES, OWN_REQUIREMENTS), [])
  const withoutTests = ADVISORY_CLASSES.flatMap(({ by }) => by).filter((id) => !trace.has(id))
  for (const id of withoutTests)
    assert.match(OWN_REQUIREMENTS.find((requirement) => requirement.id === id)?.reason ?? '', /^Not built/)
})
