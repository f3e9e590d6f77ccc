import { createHash } from 'node:crypto'

/** Each adds a bit to what an entry takes and halves the false hits: one in 2 ** 18, which is 262,144. */
const PROBES = 18

/** A set of texts that never forgets one, and takes an unknown one for its own once in 262,144 times. */
export class BloomFilter {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  has(text: string): boolean {
    for (const { byte, mask } of bitsOf(text, this.#bytes.length)) {
      if (((this.#bytes[byte] ?? 0) & mask) === 0) return false
    }
    return true
  }
}

/** The bytes of a filter that holds these texts. */
export function bloomBytes(texts: ReadonlySet<string>): Uint8Array {
  // With this many, half of the bits are set, which is when they tell most.
  const bytes = new Uint8Array(Math.ceil((texts.size * PROBES) / Math.LN2 / 8))
  for (const text of texts) {
    for (const { byte, mask } of bitsOf(text, bytes.length)) bytes[byte] = (bytes[byte] ?? 0) | mask
  }
  return bytes
}

/** Each probe has four bytes of a digest to itself. Nothing is secret here: the digest only has to spread well. */
function* bitsOf(text: string, size: number): Generator<{ readonly byte: number; readonly mask: number }> {
  const digest = createHash('shake256', { outputLength: PROBES * 4 })
    .update(text)
    .digest()
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = digest.readUInt32LE(probe * 4) % (size * 8)
    yield { byte: bit >> 3, mask: 1 << (bit & 7) }
  }
}
