import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { applyHead, isValidHead } from './responseHead.ts'

function response(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()))
}

/** What Node itself does with these arguments: its header lines, or the code of its error. */
function byNode(args: readonly unknown[], before: ServerResponse): unknown {
  try {
    Reflect.apply(before.writeHead, before, args)
    return linesOf(before)
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

/** The same when the arguments are put on the response first. */
function byUs(args: readonly unknown[], before: ServerResponse): unknown {
  if (!isValidHead(args)) return byNode(args, before)
  try {
    applyHead(before, args)
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
  const message = typeof args[1] === 'string' ? [args[1]] : []
  return byNode([before.statusCode, ...message], before)
}

function linesOf(sent: ServerResponse): string[] {
  const header = String(Reflect.get(sent, '_header'))
  const lines = header.split('\r\n').filter((line) => !/^(date|connection|keep-alive):/i.test(line))
  return lines.map((line) => line.replace(/^[^:]+:/, (name) => name.toLowerCase()))
}

const HEADS: readonly (readonly unknown[])[] = [
  [200],
  ['200'],
  [201.9],
  [999.5],
  [100],
  [999],
  [200, 'Fine'],
  [200, ''],
  [200, { 'X-A': '1' }],
  [200, 'Fine', { 'X-A': '1' }],
  [200, undefined, { 'X-A': '1' }],
  [200, null, { 'X-A': '1' }],
  [200, undefined],
  [200, null],
  [200, {}],
  [200, []],
  [200, { 'X-A': ['1', '2'], 'X-B': 7, 'Set-Cookie': ['a=1', 'b=2'] }],
  [200, { 'X-A': null, 'X-B': true }],
  [200, { 'Content-Length': 0 }],
  [200, ['X-A', '1', 'X-B', '2']],
  [200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']],
  [200, 'Fine', ['X-A', '1']],
  [200, [['X-A', '1']]],
  [
    200,
    [
      ['X-A', '1'],
      ['X-B', '2'],
    ],
  ],
  [
    200,
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ],
  ],
]

const WRONG_HEADS: readonly (readonly unknown[])[] = [
  [],
  [undefined],
  [null],
  ['abc'],
  [0],
  [99],
  [99.9],
  [1000],
  [-200],
  [Number.NaN],
  [Number.POSITIVE_INFINITY],
  [200, ['X-A']],
  [200, ['X-A', '1', 'X-B']],
  [200, { 'X-A': undefined }],
  [200, { 'X-A': '1\n2' }],
  [200, { 'X A': '1' }],
  [200, { 'X-A': '\u2028' }],
  [200, 'Fi\nne'],
  [200, 'Fine\u2028', { 'X-A': '1' }],
]

suite('the arguments of writeHead', () => {
  for (const args of HEADS) {
    test(`C-10: ${JSON.stringify(args)} gives the headers that Node gives`, () => {
      const expected = byNode(args, response())
      assert.ok(Array.isArray(expected))
      assert.deepEqual(byUs(args, response()), expected)
    })

    test(`C-10: ${JSON.stringify(args)} over headers set before gives what Node gives`, () => {
      const [before, same] = [response(), response()]
      for (const each of [before, same]) {
        each.setHeader('x-a', 'old')
        each.setHeader('X-Kept', 'kept')
      }
      // Node cannot take pairs over other headers; we need to.
      const hasPairs = JSON.stringify(args).includes('[[')
      const expected = hasPairs ? null : byNode(args, same)
      const got = byUs(args, before)
      if (expected !== null) assert.deepEqual(new Set(got as string[]), new Set(expected as string[]))
      assert.ok(Array.isArray(got) && got.includes('x-kept: kept'))
    })
  }

  for (const args of WRONG_HEADS) {
    test(`C-10: ${JSON.stringify(args)} is refused as Node refuses it`, () => {
      const expected = byNode(args, response())
      assert.equal(typeof expected, 'string')
      assert.equal(byUs(args, response()), expected)
    })
  }
})
