/** One broken rule, at a place that an editor can jump to. */
export interface Violation {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly fix: string
}

/** Ends a check: prints what is wrong, or one line that says what was proved. */
export function report(violations: readonly Violation[], proved: string): void {
  for (const line of new Set(violations.map(format))) console.error(line)
  if (violations.length > 0) process.exitCode = 1
  else console.log(proved)
}

function format({ file, line, rule, fix }: Violation): string {
  return `${file}:${line} ${rule}: ${fix}`
}
