import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runWorker } from './run.ts'

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

interface Report {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}

/** Which places of the source files one test file runs through. Stripping types moves no offset. */
export class Coverage {
  readonly milliseconds: number
  readonly #ranges: ReadonlyMap<string, readonly Range[]>

  constructor(milliseconds: number, report: Report) {
    this.milliseconds = milliseconds
    this.#ranges = new Map(
      report.result.map(({ url, functions }) => [url, functions.flatMap(({ ranges }) => ranges)]),
    )
  }

  /** The innermost range decides. */
  covers(path: string, offset: number): boolean {
    const around = (this.#ranges.get(pathToFileURL(resolve(path)).href) ?? []).filter(
      ({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset,
    )
    const [innermost] = around.sort((one, other) => sizeOf(one) - sizeOf(other))
    return innermost !== undefined && innermost.count > 0
  }
}

function sizeOf({ startOffset, endOffset }: Range): number {
  return endOffset - startOffset
}

/**
 * Runs a test file as it is.
 * @throws Error if it fails: it could say nothing about mutants.
 */
export async function coverageOf(file: string): Promise<Coverage> {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-coverage-'))
  try {
    const { outcome, milliseconds } = await runWorker('', '-', [file], 120_000, { NODE_V8_COVERAGE: folder })
    if (outcome !== 'passed') throw new Error(`${file} fails without any mutant: mend it first`)
    const [name] = readdirSync(folder)
    return new Coverage(milliseconds, JSON.parse(readFileSync(join(folder, name ?? ''), 'utf8')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
