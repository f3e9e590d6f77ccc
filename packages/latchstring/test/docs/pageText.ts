import { readFileSync } from 'node:fs'

export const ROOT: URL = new URL('../../../../', import.meta.url)

/** A file by its path from the root of the repository. */
export function textOf(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** The cells of the tables under a heading of a page, row by row, without their heads. */
export function rowsUnder(heading: string, path: string): string[][] {
  const [, after = ''] = textOf(path).split(`\n${heading}\n`)
  const [section = ''] = after.split(/\n#/)
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  const rule = rows.findIndex((line) => /^[|: -]+$/.test(line))
  return rows.slice(rule + 1).map(cellsOf)
}

function cellsOf(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

export function withoutPrograms(text: string): string {
  return text.replace(/^```.*?^```$/gms, '')
}

/** What a text marks as code, such as the names in a cell. */
export function codesIn(text: string): string[] {
  return Array.from(withoutPrograms(text).matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}
