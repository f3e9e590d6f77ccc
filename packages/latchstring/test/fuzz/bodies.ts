import assert from 'node:assert/strict'
import { isForbiddenName } from '../../src/core/json.ts'
import { parseForm } from '../../src/http/formText.ts'
import { parseStrictJson } from '../../src/http/strictJson.ts'
import { type Dice, joined, mangled } from './dice.ts'
import type { Target } from './target.ts'

const JSON_FRAGMENTS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '""',
    '"a"',
    '"a":',
    '{"a":',
    '[[',
    ']]',
    '{}',
    '[]',
    'null',
    'true',
    '0',
  ],
  ...[
    '"__proto__":',
    '"constructor":',
    '"\\u005f_proto__":',
    '"prototype"',
    '\\',
    '\\"',
    '\\u0000',
    '\\ud800',
    '1e400',
  ],
  ...[
    '-',
    '.',
    'e',
    ' ',
    '\n',
    '\ufeff',
    '\ud800',
    '💥',
    '\0',
    '//',
    '"email":"anna@example.test"',
    '"userId":1',
  ],
]
const JSON_BODY =
  '{"email":"anna@example.test","password":"correct horse","remember":true,"list":[1,{"a":null}]}'

export const JSON_BODIES: Target = {
  name: 'JSON bodies',
  corpus: [
    '{"a":1,"a":2}',
    '{"\\u0061":1,"a":2}',
    '{"__proto__":{"admin":true}}',
    '[[[[[[[[[[[]]]]]]]]]]]',
    '"\\\\"',
    '{"a\\"":1,"a\\\\":2}',
  ],
  fragments: JSON_FRAGMENTS,
  make: (dice) =>
    dice.once(2) ? mangled(dice, JSON_BODY, JSON_FRAGMENTS) : joined(dice, JSON_FRAGMENTS, 14),
  check(text) {
    const parsed = parseStrictJson(text)
    if (parsed === null) return
    assert.deepEqual(parsed.value, JSON.parse(text))
    checkNames(parsed.value, 10)
  },
}

/** No name that reaches a prototype, and no more levels than allowed. */
function checkNames(value: unknown, levelsLeft: number): void {
  if (typeof value !== 'object' || value === null) return
  assert.ok(levelsLeft > 0, 'too many levels')
  for (const [name, member] of Object.entries(value)) {
    assert.ok(!isForbiddenName(name), name)
    checkNames(member, levelsLeft - 1)
  }
}

const FORM_FRAGMENTS = [
  ...[
    'a',
    'b',
    'email',
    '=',
    '==',
    '&',
    '&&',
    '+',
    '%',
    '%2',
    '%20',
    '%26',
    '%3D',
    '%C3%A9',
    '%FF',
    '%ED%A0%80',
    '%00',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    '__proto__=1',
    '[',
    ']',
    'a[b]=c',
    ';',
    '\ud800',
    '💥',
    'é',
    '\0',
    '\r\n',
  ],
]

export const FORM_BODIES: Target = {
  name: 'form bodies and query strings',
  corpus: ['a=1&a=2', '__proto__=1', '%5F_proto__=1', 'a=%', '=', '&', 'a', 'a=%ED%A0%80'],
  fragments: FORM_FRAGMENTS,
  make: (dice: Dice) =>
    dice.once(2)
      ? mangled(dice, 'email=anna%40example.test&password=a+b&remember=on', FORM_FRAGMENTS)
      : joined(dice, FORM_FRAGMENTS, 14),
  check(text) {
    const fields = parseForm(text)
    if (fields === null) return
    assert.equal(Object.getPrototypeOf(fields), null)
    const names = Object.keys(fields)
    assert.ok(!names.some(isForbiddenName))
    // As browsers read it, but for what they replace and we refuse.
    if (text.isWellFormed())
      assert.deepEqual(Object.entries(fields), [...inOrder(new URLSearchParams(text), names)])
  },
}

/** Objects put names that look like numbers first. */
function* inOrder(parameters: URLSearchParams, names: readonly string[]): Generator<[string, string]> {
  assert.equal(parameters.size, names.length)
  for (const name of names) yield [name, parameters.get(name) ?? '(missing)']
}
