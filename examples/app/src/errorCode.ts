/** The code by which Node and drivers name an error. */
export function codeOf(error: unknown): string | null {
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string'
  return hasCode ? String(error.code) : null
}
