import { LatchstringError } from '../core/errors.ts'

/**
 * The messages that name these keys: JSON, which is pure text whatever the keys hold.
 * @throws LatchstringError `invalid_argument` for a key that is too long for a message.
 */
export function encodeMessages(origin: string, keys: readonly string[], maxBytes: number): string[] {
  const messages: string[] = []
  const empty = JSON.stringify([origin])
  let message = empty
  for (const key of keys) {
    const longer = withKey(message, key)
    if (fits(longer, maxBytes)) {
      message = longer
      continue
    }
    if (message !== empty) messages.push(message)
    message = withKey(empty, key)
    if (!fits(message, maxBytes)) throw tooLong(maxBytes)
  }
  return message === empty ? messages : [...messages, message]
}

function withKey(message: string, key: string): string {
  return `${message.slice(0, -1)},${JSON.stringify(key)}]`
}

function fits(message: string, maxBytes: number): boolean {
  return Buffer.byteLength(message) <= maxBytes
}

/** The keys of a message; none if it comes from `origin` itself or is none of ours. */
export function decodeMessage(origin: string, message: unknown): string[] {
  if (typeof message !== 'string') return []
  try {
    const parsed: unknown = JSON.parse(message)
    if (!Array.isArray(parsed) || parsed[0] === origin) return []
    return parsed.slice(1).filter((key) => typeof key === 'string')
  } catch {
    return []
  }
}

function tooLong(maxBytes: number): LatchstringError {
  return new LatchstringError(
    'invalid_argument',
    `A key must fit into a message of ${maxBytes} bytes to be told to other processes.`,
  )
}
