import { readFileSync } from 'node:fs'

/** The part of the published package.json that the checks read. */
export interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

export const PACKAGE_FOLDER = 'packages/latchstring'
export const MANIFEST_PATH = `${PACKAGE_FOLDER}/package.json`

export function parseManifest(text: string): Manifest {
  return JSON.parse(text)
}

export function readManifest(): Manifest {
  return parseManifest(readFileSync(MANIFEST_PATH, 'utf8'))
}

/** What a user may write after `from`: `latchstring`, `latchstring/express`, … */
export function publicNames({ name, exports }: Manifest): string[] {
  return Object.keys(exports).map((subpath) => name + subpath.slice(1))
}
