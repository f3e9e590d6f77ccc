import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isCommon } from '../packages/latchstring/src/auth/passwords/blocklist.ts'
import { BLOCKLIST_FILE, blocklistModule, commonPasswords } from './build-blocklist.ts'

test('the shipped list is what the script builds, byte for byte', () => {
  assert.equal(readFileSync(BLOCKLIST_FILE, 'utf8'), blocklistModule())
})

test('every common password of the source is refused (P-06)', async () => {
  const passwords = [...commonPasswords()]
  assert.ok(passwords.length > 17_000)
  const missed = await Promise.all(passwords.map(async (password) => !(await isCommon(password))))
  assert.equal(missed.filter(Boolean).length, 0)
})
