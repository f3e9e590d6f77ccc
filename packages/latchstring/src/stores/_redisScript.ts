import { hash } from 'node:crypto'
import type { Send } from './_redisClient.ts'

/** A Lua script, which Redis runs as one atomic step. */
export interface Script {
  readonly source: string
  readonly digest: string
}

export function script(source: string): Script {
  return { source, digest: hash('sha1', source) }
}

/**
 * A server that does not know the script (it is new, was restarted or promoted, or somebody flushed its scripts)
 * says so before it has done anything, and is sent the whole of it.
 */
export async function run(
  send: Send,
  { source, digest }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args]
  try {
    return await send(['EVALSHA', digest, ...rest])
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return send(['EVAL', source, ...rest])
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** The strings of a reply: our scripts answer with nothing else. */
export function stringsOf(reply: unknown): string[] {
  if (!Array.isArray(reply)) return []
  return reply.filter((part) => typeof part === 'string')
}
