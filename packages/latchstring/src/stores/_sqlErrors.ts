import { LatchstringError } from '../core/errors.ts'

/** What the caller is told about `cause`. */
export function failure(database: string, cause: unknown): LatchstringError {
  if (cause instanceof LatchstringError) return cause
  return new LatchstringError('store_unavailable', `${database} failed: ${reasonOf(cause)}`, { cause })
}

/** An AggregateError of several addresses that were tried has no message, only a code. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : String(codeOf(cause) ?? cause)
}

/** The code by which a driver names an error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

export function garbage(table: string): LatchstringError {
  return new LatchstringError(
    'store_unavailable',
    `The table ${table} holds a row that this store did not write. Its definition was changed.`,
  )
}
