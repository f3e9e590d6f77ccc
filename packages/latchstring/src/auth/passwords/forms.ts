/**
 * Where fingers and memory go by themselves: the alphabet, digits, rows and columns of keyboards, and the
 * zigzags between two rows.
 */
const PATHS = [
  'abcdefghijklmnopqrstuvwxyzabc',
  '12345678901234567890',
  ...['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'yxcvbnm', 'azertyuiop', 'qsdfghjklm', 'wxcvbn'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik', '9ol'],
  ...['1q2w3e4r5t6y7u8i9o0p', 'q1w2e3r4t5y6u7i8o9p0', 'qawsedrftgyhujikolp', 'azsxdcfvgbhnjm'],
]

/** Both ways, and apart from each other by half a character, which no password holds. */
const TRACK = [...PATHS, ...PATHS.map((path) => Array.from(path).reverse().join(''))].join('\ud800')

const ONE_CHARACTER = /^(.)\1*$/su

/** A run is noticed from this length on. */
const SHORTEST_RUN = 3

/** How many runs are taken away at each end at most. */
const MOST_RUNS = 3

/** Nothing shorter is a password anywhere, and repeating it makes it none. */
const SHORTEST_PART = 8

/** Whether a text in lower case is a short part over and over, or nothing but runs such as aaa, 1234 or qwerty. */
export function isTrivial(text: string): boolean {
  const part = repeatedPart(text)
  const length = Array.from(part).length
  return length < SHORTEST_PART || piecesOf(part).length * SHORTEST_RUN <= length
}

/** A text in lower case, and what people lengthen into it: the part that it repeats, also without runs around it. */
export function formsOf(text: string): readonly string[] {
  const part = repeatedPart(text)
  return [...new Set([text, part, ...withoutRunsAround(piecesOf(part))])]
}

/** The shortest part that, written at least twice and perhaps cut at the end, is the whole; else the whole. */
function repeatedPart(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    if (text.startsWith(text.slice(length))) return text.slice(0, length)
  }
  return text
}

/** The runs of a text, each as long as it can be; a character that is in none is a piece of its own. */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = []
  for (const character of text) {
    const run = `${pieces.at(-1) ?? ''}${character}`
    if (isRun(run)) pieces.splice(-1, 1, run)
    else pieces.push(character)
  }
  return pieces
}

function isRun(text: string): boolean {
  return ONE_CHARACTER.test(text) || TRACK.includes(text)
}

/** What is left without some of the runs at the ends: 1234 is one that was added, and in sunflower wer belongs there. */
function withoutRunsAround(pieces: readonly string[]): string[] {
  const isPlain = (piece: string) => Array.from(piece).length < SHORTEST_RUN
  const first = pieces.findIndex(isPlain)
  if (first === -1) return []
  const last = pieces.findLastIndex(isPlain)
  return upTo(first).flatMap((before) =>
    upTo(pieces.length - 1 - last).map((after) => pieces.slice(before, pieces.length - after).join('')),
  )
}

/** The numbers from 0 to this one, or to the most runs that are taken away. */
function upTo(count: number): number[] {
  return Array.from({ length: Math.min(count, MOST_RUNS) + 1 }, (_, number) => number)
}
