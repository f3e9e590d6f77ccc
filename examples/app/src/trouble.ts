import type { AuthEvent } from 'latchstring/express'

/** One line for whatever failed behind an answer: a store, a mail. What a server said stays on that line. */
export function reportTrouble(event: AuthEvent): void {
  if (!('error' in event)) return
  const { type, error } = event
  console.error(`${type}: ${JSON.stringify(error instanceof Error ? error.message : String(error))}`)
}
