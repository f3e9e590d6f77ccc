import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { shownAddress } from './shownAddress.ts'

const SHOWN: readonly (readonly [address: string, shown: string])[] = [
  ['203.0.113.7', '203.0.113.x'],
  ['127.0.0.1', '127.0.0.x'],
  ['0.0.0.0', '0.0.0.x'],
  ['::ffff:203.0.113.7', '203.0.113.x'],
  ['::FFFF:cb00:7107', '203.0.113.x'],
  ['::ffff:0.1.2.3', '0.1.2.x'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:DB8:0001::7', '2001:db8:1::/48'],
  ['2001:db8::7', '2001:db8::/48'],
  ['2001::db8:1:2:3', '2001::/48'],
  ['2001:0:7::1', '2001:0:7::/48'],
  ['::7:1:2:3', '0::/48'],
  ['fe80::1%eth0', 'fe80::/48'],
  ['::', '0::/48'],
  ['::1', '::1'],
  ['203.0.113.7:443', '203.0.113.x'],
  ['[2001:db8::1]:443', '2001:db8::/48'],
]

const NO_ADDRESSES = [
  ...['', 'localhost', '203.0.113', '203.0.113.256', '203.0.113.07', '0x7f.0.0.1', '2130706433'],
  ...['2001:db8::g', ':::', '%eth0', '<b>', '203.0.113.7\r\nX: y', '1'.repeat(1e6)],
]

suite('an address as it is shown', () => {
  test('names the network, and leaves out the device in it', () => {
    for (const [address, shown] of SHOWN) assert.equal(shownAddress(address), shown, address)
  })

  test('is none where there is none, and never an echo of something else', () => {
    assert.equal(shownAddress(null), null)
    for (const text of NO_ADDRESSES) assert.equal(shownAddress(text), null, text.slice(0, 60))
  })

  test('is the same for all addresses that begin with the same 48 bits', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.tuple(group, group, group), (address, [a, b, c]) => {
        const prefix = `${a}:${b}:${c}`
        const one = shownAddress(`${prefix}:1:2:3:4:5`)
        assert.equal(shownAddress(`${prefix}:ffff::`), one)
        assert.notEqual(shownAddress(address), null)
      }),
    )
  })
})

const group = fc.integer({ min: 1, max: 0xffff }).map((value) => value.toString(16))
