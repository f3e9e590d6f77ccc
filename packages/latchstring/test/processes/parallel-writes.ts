import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Crew } from './crew.ts'

const KEYS_EACH = 17

export function testParallelWrites(crewOf: () => Crew): void {
  test('keep every key that they write to one session at the same time (S-14, T34)', async () => {
    const { members, truth } = crewOf()
    const login = await members[0].ask('logIn', 'parallel writes', false)
    const keys = members.map((_, member) => keysOf(member))
    await Promise.all(members.map((member, index) => member.ask('writeKeys', login, keys[index] ?? [])))
    assert.deepEqual(await truth.keysOf(login), ['early', ...keys.flat()].toSorted())
  })
}

function keysOf(member: number): string[] {
  return Array.from({ length: KEYS_EACH }, (_, index) => `key ${index} of ${member}`)
}
