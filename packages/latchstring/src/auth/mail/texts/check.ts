import { LatchstringError } from '../../../core/errors.ts'
import { refuseUnknownOptions } from '../../../core/options.ts'
import { en } from './en.ts'
import type { MailTextOverrides } from './types.ts'

const LANGUAGES = ['en', 'de', 'es', 'zh']
const PARTS = ['subject', 'paragraphs']

/** @throws LatchstringError `invalid_option`, naming the text and what it takes. */
export function checkMailTexts(texts: MailTextOverrides): void {
  for (const [language, mails] of partsOf('mailTexts', texts, LANGUAGES)) {
    for (const [kind, mail] of partsOf(language, mails, Object.keys(en))) {
      for (const [part, text] of partsOf(kind, mail, PARTS)) checkText(part, text)
    }
  }
}

/** The parts of a group, by their whole names. */
function partsOf(path: string, group: unknown, known: readonly string[]): [path: string, part: unknown][] {
  if (group === undefined) return []
  refuseUnknownOptions(path, group, known)
  return Object.entries(Object(group)).map(([name, part]) => [`${path}.${name}`, part])
}

function checkText(path: string, text: unknown): void {
  if (typeof text !== 'function') throw new LatchstringError('invalid_option', `${path} takes a function`)
}
