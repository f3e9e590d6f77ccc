import { accessSync, constants, globSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** Where servers are, beside the PATH: a PATH without `sbin` is common, and Debian keeps PostgreSQL off it. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin']
const POSTGRES_FOLDERS = '/usr/lib/postgresql/*/bin'

export function programFolders({ PATH = '' }: NodeJS.ProcessEnv = process.env): string[] {
  const onPath = PATH.split(delimiter).filter((folder) => folder !== '')
  return [...onPath, ...USUAL_FOLDERS, ...newestFirst(globSync(POSTGRES_FOLDERS))]
}

export function newestFirst(folders: readonly string[]): string[] {
  return folders.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
}

/** The path of each program by its name, or null if one of them is nowhere. */
export function findPrograms(
  names: readonly string[],
  folders: readonly string[] = programFolders(),
): Map<string, string> | null {
  const found = new Map<string, string>()
  for (const name of names) {
    const path = findProgram(name, [...foldersOf(found), ...folders])
    if (path === null) return null
    found.set(name, path)
  }
  return found
}

export function findProgram(name: string, folders: readonly string[] = programFolders()): string | null {
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null
}

/** Where one program was found comes first, so that all of them are of the same version. */
function foldersOf(found: ReadonlyMap<string, string>): string[] {
  return [...found.values()].map((path) => dirname(path))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
