import type { Row } from '../core/types.ts'
import type { Send } from './_redisClient.ts'
import type { Entry } from './_redisIndex.ts'
import { decodeRow, HEAD_SIZE, NO_ENTRY, ownerOf, type StoredRow } from './_redisRow.ts'
import { run, script, stringsOf } from './_redisScript.ts'
import { KEPT, NOW, SPARE } from './_redisTimes.ts'

/**
 * Compare-and-swap of one row. Numbers are compared as the texts that they are stored as: Lua's are doubles.
 * Answers with what happened, and with the value that was there if its index entry no longer stands for a row.
 */
const SWAP = script(`${NOW}
local wanted, version, expiresAt, owner, payload, entry, listedUntil = unpack(ARGV)
local head = redis.call('GETRANGE', KEYS[1], 0, ${HEAD_SIZE} + #owner)
local storedVersion, storedUntil, storedEntry, ownerAt = string.match(head, '^(%d+) %d+ (%d+) (%S+) ()')

if (storedVersion or '0') ~= wanted then
  -- An entry stands for one write: this one was done before, and a client that lost its connection sent it again.
  if entry ~= '${NO_ENTRY}' and entry == storedEntry then return { 'written' } end
  return { 'refused' }
end

local goneAt = math.max(tonumber(expiresAt), now) + ${KEPT}
if owner == '- ' then
  entry, listedUntil = '${NO_ENTRY}', '0'
else
  if entry == '${NO_ENTRY}' and ownerAt and string.sub(head, ownerAt, ownerAt + #owner - 1) == owner then
    entry, listedUntil = storedEntry, storedUntil
  end
  -- The name of a new entry is the time of the server that has the index.
  local isLate = entry ~= storedEntry and math.abs(now - (tonumber(entry) or 0) / 1000) > ${SPARE}
  if isLate or tonumber(listedUntil) < goneAt + ${SPARE} then return { 'unlisted' } end
end

local before = ''
if storedEntry and storedEntry ~= '${NO_ENTRY}' and storedEntry ~= entry then before = redis.call('GET', KEYS[1]) end
local value = table.concat({ version, expiresAt, listedUntil, entry, owner .. payload }, ' ')
redis.call('SET', KEYS[1], value, 'PX', text(goneAt - now))
return { 'written', before }
`)

export type Swapped =
  /** `replaced` is the row that was there, if its index entry no longer stands for a row. */
  | { readonly kind: 'written'; readonly replaced: StoredRow | null }
  | { readonly kind: 'refused' }
  /** Nothing was written: the row has to be entered in its user's index first. */
  | { readonly kind: 'unlisted' }

const NOT_LISTED: Entry = { name: NO_ENTRY, listedUntil: '0' }

export async function swap(
  send: Send,
  rowKey: string,
  row: Row,
  entry: Entry = NOT_LISTED,
): Promise<Swapped> {
  const { version, expiresAt, payload } = row
  const numbers = [String(version - 1), String(version), String(expiresAt)]
  const args = [...numbers, ownerOf(row), payload, entry.name, entry.listedUntil]
  const [kind, before = ''] = stringsOf(await run(send, SWAP, [rowKey], args))
  if (kind !== 'written') return { kind: kind === 'unlisted' ? 'unlisted' : 'refused' }
  return { kind, replaced: before === '' ? null : decodeRow(row.key, before) }
}
