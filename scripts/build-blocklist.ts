import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dictionary } from '@zxcvbn-ts/language-common'
import { bloomBytes } from '../packages/latchstring/src/auth/passwords/bloom.ts'
import { PACKAGE_FOLDER } from './manifest.ts'

export const BLOCKLIST_FILE: string = join(
  import.meta.dirname,
  '..',
  PACKAGE_FOLDER,
  'src/auth/passwords/blocklistFilter.ts',
)

/** Shorter ones are refused for their length, whatever the options. */
const SHORTEST = 8

/** The common passwords that are long enough to be chosen, as they are compared. */
export function commonPasswords(): ReadonlySet<string> {
  const entries: readonly string[] = dictionary['passwords-common']
  const texts = entries.map((entry) => entry.normalize('NFC').toLowerCase())
  return new Set(texts.filter((text) => Array.from(text).length >= SHORTEST))
}

/** The module that the package ships, always the same for the same list. */
export function blocklistModule(): string {
  const bytes = Buffer.from(bloomBytes(commonPasswords())).toString('base64')
  return `// Built by scripts/build-blocklist.ts from the common passwords of @zxcvbn-ts/language-common (MIT license,
// Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc., Copyright (c) 2021 @zxcvbn-ts).

/** The bytes of a Bloom filter, in base64. */
export const BLOCKLIST: string =
  '${bytes}'
`
}

if (import.meta.main) writeFileSync(BLOCKLIST_FILE, blocklistModule())
