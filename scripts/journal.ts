import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What long runs leave for the next ones. */
export const CACHE_FOLDER = 'node_modules/.cache/latchstring'

interface Line<Result> {
  readonly fingerprint: string
  readonly result: Result
}

/** Results of a long run, kept as they come, so that it can be stopped at any moment and goes on where it was. */
export class Journal<Result> {
  readonly #path: string
  readonly #results = new Map<string, Result>()

  /** `name` is that of the run. Its results are forgotten by removing the file. */
  constructor(name: string) {
    this.#path = `${CACHE_FOLDER}/${name}.jsonl`
    for (const { fingerprint, result } of readLines<Result>(this.#path))
      this.#results.set(fingerprint, result)
  }

  get path(): string {
    return this.#path
  }

  get(fingerprint: string): Result | undefined {
    return this.#results.get(fingerprint)
  }

  add(fingerprint: string, result: Result): void {
    this.#results.set(fingerprint, result)
    mkdirSync(dirname(this.#path), { recursive: true })
    appendFileSync(this.#path, `${JSON.stringify({ fingerprint, result })}\n`)
  }
}

/** What a result depends on, in short: another text, another result. */
export function fingerprintOf(...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url')
}

function readLines<Result>(path: string): Line<Result>[] {
  if (!existsSync(path)) return []
  // A run that was killed may have left half a line.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}
