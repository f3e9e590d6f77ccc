import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressPrefix } from './addressPrefix.ts'

const octet = fc.integer({ min: 0, max: 255 })
const ipv4 = fc.tuple(octet, octet, octet, octet)
/** Many zeros, for their compression. */
const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
const groups = fc.array(group, { minLength: 8, maxLength: 8 })
const port = fc.integer({ min: 0, max: 65_535 })
const mapped = [0, 0, 0, 0, 0, 0xffff]

/** One spelling of an address, by choices of its own. */
interface Spelling {
  readonly padded: boolean
  readonly upper: boolean
  /** Which run of zeros is left out, if there are any. */
  readonly omitted: number
  readonly dotted: boolean
  readonly decorate: (address: string) => string
}

const spelling: fc.Arbitrary<Spelling> = fc.record({
  padded: fc.boolean(),
  upper: fc.boolean(),
  omitted: fc.integer({ min: -1, max: 3 }),
  dotted: fc.boolean(),
  decorate: fc.oneof(
    fc.constant((address: string) => address),
    fc.constant((address: string) => `${address}%eth0`),
    fc.constant((address: string) => `[${address}]`),
    port.map((number) => (address: string) => `[${address}]:${number}`),
  ),
})

function spell(numbers: readonly number[], { padded, upper, omitted, dotted, decorate }: Spelling): string {
  const texts = numbers.map((number) => number.toString(16).padStart(padded ? 4 : 1, '0'))
  const tail = dotted ? [dottedOf(numbers.slice(6))] : texts.slice(6)
  const parts = [...texts.slice(0, 6), ...tail]
  const runs = zeroRuns(numbers.slice(0, 6))
  const run = runs[omitted]
  const text =
    run === undefined
      ? parts.join(':')
      : `${parts.slice(0, run.start).join(':')}::${parts.slice(run.end).join(':')}`
  return decorate(upper ? text.toUpperCase() : text)
}

function dottedOf([high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function zeroRuns(numbers: readonly number[]): { readonly start: number; readonly end: number }[] {
  const starts = [...numbers.keys()].filter((at) => numbers[at] === 0 && numbers[at - 1] !== 0)
  return starts.map((start) => {
    const length = numbers.slice(start).findIndex((number) => number !== 0)
    return { start, end: length < 0 ? numbers.length : start + length }
  })
}

test('all spellings of an IPv6 address count as one, under its first 64 bits (R-07)', () => {
  fc.assert(
    fc.property(groups, spelling, spelling, (numbers, one, other) => {
      assert.equal(addressPrefix(spell(numbers, one)), addressPrefix(spell(numbers, other)))
    }),
    { numRuns: 2_000 },
  )
})

test('whoever changes the last 64 bits stays the same client, and no other 64 do (R-07)', () => {
  const half = fc.array(group, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(half, half, half, spelling, (network, one, other, how) => {
      fc.pre([...network, one[0], one[1]].join() !== mapped.join())
      fc.pre([...network, other[0], other[1]].join() !== mapped.join())
      const prefix = addressPrefix(spell([...network, ...one], how))
      assert.equal(addressPrefix(spell([...network, ...other], how)), prefix)
      const [first = 0, ...rest] = network
      assert.notEqual(addressPrefix(spell([first ^ 1, ...rest, ...one], how)), prefix)
    }),
  )
})

test('an IPv4 address counts as it is, also inside an IPv6 address and with a port (R-07)', () => {
  fc.assert(
    fc.property(ipv4, port, spelling, ([a, b, c, d], number, how) => {
      const address = [a, b, c, d].join('.')
      assert.equal(addressPrefix(address), address)
      assert.equal(addressPrefix(`${address}:${number}`), address)
      assert.equal(addressPrefix(spell([...mapped, a * 256 + b, c * 256 + d], how)), address)
    }),
  )
})

test('what is no address counts as one and the same client (R-07, R-08)', () => {
  const others = [
    null,
    '',
    'unknown',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    '1.2.3.4%eth0',
    '1.2.3.4:port',
    ' 1.2.3.4',
    '1.2.3.4, 5.6.7.8',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '[::1',
    '[]',
    '::ffff:1.2.3.400',
    '::1\r\nx',
    `::1%${'x'.repeat(1_000)}`,
  ]
  for (const other of others) assert.equal(addressPrefix(other), 'unknown', String(other))
})

test('nothing makes it throw, and what it says is short (F-03)', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      assert.ok(addressPrefix(text).length < 30)
    }),
  )
})

test('some addresses and what they count as', () => {
  const expected = {
    '203.0.113.7': '203.0.113.7',
    '::ffff:203.0.113.7': '203.0.113.7',
    '::FFFF:cb00:7107': '203.0.113.7',
    '::1': '0:0:0:0::/64',
    '2001:DB8::1': '2001:db8:0:0::/64',
    '2001:0db8:0000:0000:ffff:ffff:ffff:ffff': '2001:db8:0:0::/64',
    '[2001:db8:0:1::]:443': '2001:db8:0:1::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '64:ff9b::203.0.113.7': '64:ff9b:0:0::/64',
  }
  for (const [address, prefix] of Object.entries(expected)) assert.equal(addressPrefix(address), prefix)
})
