import { BloomFilter } from './bloom.ts'
import { formsOf, isTrivial } from './forms.ts'
import { passwordText } from './text.ts'

let loading: Promise<BloomFilter> | undefined

/**
 * Whether a password is one that many people choose: on the list, in any case of letters, or made from an entry
 * by repeating it or by putting runs such as 123 around it, or made of nothing but repetition and runs.
 */
export async function isCommon(password: string): Promise<boolean> {
  const text = passwordText(password)?.toLowerCase()
  if (text === undefined) return false
  if (isTrivial(text)) return true
  const list = await loadList()
  return formsOf(text).some((form) => list.has(form))
}

/** The list is read when the first password is chosen: most processes start without it. */
function loadList(): Promise<BloomFilter> {
  loading ??= import('./blocklistFilter.ts').then(({ BLOCKLIST }) => {
    return new BloomFilter(Buffer.from(BLOCKLIST, 'base64'))
  })
  return loading
}
