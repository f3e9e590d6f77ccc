import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'

/** What a copy needs to run the tests. */
const COPIED = ['packages', 'examples', 'docs', 'scripts', 'package.json', 'tsconfig.json', 'README.md']
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', 'dist', 'data', 'coverage', 'artifacts'])

/**
 * The repository in a folder of its own, where files can be broken. Its dependencies are those of the original. It goes
 * with the process at the latest.
 */
export class TreeCopy {
  readonly root: string = mkdtempSync(join(tmpdir(), 'latchstring-copy-'))

  constructor() {
    process.once('exit', () => this.remove())
    for (const name of COPIED) {
      cpSync(name, join(this.root, name), {
        recursive: true,
        filter: (path) => !LEFT_OUT.has(basename(path)),
      })
    }
    this.#linkModules()
  }

  path(file: string): string {
    return join(this.root, file)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  /** The packages of the repository itself must be found in the copy, and not in the original. */
  #linkModules(): void {
    mkdirSync(this.path('node_modules'))
    for (const name of readdirSync('node_modules')) {
      const target = realpathSync(join('node_modules', name))
      const ownPath = relative(resolve(), target)
      const isOwn = !ownPath.startsWith('..') && !ownPath.startsWith('node_modules')
      symlinkSync(isOwn ? this.path(ownPath) : target, this.path(`node_modules/${name}`))
    }
  }
}
