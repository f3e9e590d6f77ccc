import type { Send } from './_redisClient.ts'
import { HEAD_SIZE } from './_redisRow.ts'
import { run, script, stringsOf } from './_redisScript.ts'

/** How many keys a server looks at in one go: about a millisecond in which it serves nobody else. */
const BATCH = 250

/** A slot that is being moved to this server may already have keys here which a script cannot reach: pcall. */
const PURGE = script(`
local cursor, pattern, now = unpack(ARGV)
local found = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', ${BATCH})
local removed = 0
for _, key in ipairs(found[2]) do
  local head = redis.pcall('GETRANGE', key, 0, ${HEAD_SIZE})
  local expiresAt = type(head) == 'string' and string.match(head, '^%d+ (%d+) ')
  if expiresAt and tonumber(expiresAt) <= tonumber(now) then removed = removed + redis.call('DEL', key) end
end
return { found[1], tostring(removed) }
`)

/** Removes the rows of one server that have expired, and tells how many. Entries in indexes go by themselves. */
export async function purgeServer(send: Send, rowPrefix: string, now: number): Promise<number> {
  const pattern = `${rowPrefix.replace(/[\\*?[\]^]/g, '\\$&')}*`
  let removed = 0
  let cursor = '0'
  do {
    const [next = '0', count = '0'] = stringsOf(await run(send, PURGE, [], [cursor, pattern, String(now)]))
    removed += Number(count)
    cursor = next
  } while (cursor !== '0')
  return removed
}
