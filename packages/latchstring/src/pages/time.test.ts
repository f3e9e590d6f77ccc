import assert from 'node:assert/strict'
import { test } from 'node:test'
import { time } from './time.ts'

test('a moment is shown in UTC, and as its language writes dates', () => {
  const at = Date.UTC(2026, 2, 9, 0, 5)
  const shown = (['en', 'de', 'es', 'zh'] as const).map((language) => time(language, at).text)
  const tag = (text: string) => `<time datetime="2026-03-09T00:05:00.000Z">${text} UTC</time>`
  assert.deepEqual(shown, [
    tag('Mar 9, 2026, 00:05'),
    tag('09.03.2026, 00:05'),
    tag('9 mar 2026, 0:05'),
    tag('2026年3月9日 00:05'),
  ])
})
