const LONGEST_HEADER = 1_000
/** RFC 9110, section 12.4.2; with 0 a client says what it does not want. */
const QUALITY = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
const BLANKS = /[ \t]/g

interface Range {
  readonly name: string
  readonly quality: number
}

/**
 * The language of ours that an Accept-Language header likes best (RFC 9110, section 12.5.4), or the fallback:
 * `de-CH` is content with `de`. Of those liked equally, the one that is named first.
 *
 * @example
 * pickLanguage('fr, de-CH;q=0.9, en;q=0.8', ['en', 'de'], 'en') // 'de'
 */
export function pickLanguage<Name extends string>(
  header: string | undefined,
  supported: readonly Name[],
  fallback: Name,
): Name {
  const ranges = rangesOf(header ?? '').toSorted((one, other) => other.quality - one.quality)
  for (const { name } of ranges) {
    if (name === '*') return fallback
    const found = bestFor(name, supported)
    if (found !== undefined) return found
  }
  return fallback
}

/** What is malformed, refused or beyond any header that a browser sends is left out. */
function rangesOf(header: string): Range[] {
  return header
    .slice(0, LONGEST_HEADER)
    .toLowerCase()
    .replaceAll(BLANKS, '')
    .split(',')
    .flatMap((range) => parseRange(range) ?? [])
}

function parseRange(range: string): Range | null {
  const [name = '', parameter = 'q=1', ...others] = range.split(';')
  const [, quality] = QUALITY.exec(parameter) ?? []
  if (name === '' || quality === undefined || others.length > 0) return null
  return Number(quality) > 0 ? { name, quality: Number(quality) } : null
}

/** The longest of ours that the wanted one is, or begins with. */
function bestFor<Name extends string>(wanted: string, supported: readonly Name[]): Name | undefined {
  return supported
    .filter((name) => `${wanted}-`.startsWith(`${name.toLowerCase()}-`))
    .toSorted((one, other) => other.length - one.length)[0]
}
