/** In milliseconds, all by the clocks of the Redis servers. The reasons are in docs/decisions/0011-redis-keys.md. */

/** How long Redis keeps a row after its expiry: the engine decides by its own clock, which may be behind. */
export const KEPT: number = 10 * 60_000

/** How much longer than the row its entry in the index stays at least: each master of a cluster has its own clock. */
export const SPARE: number = 60 * 60_000

/** How much longer it stays at first, so that an active session is entered again after hours, not at every touch. */
export const AHEAD: number = 4 * SPARE

/** The start of a script that needs the time. */
export const NOW: string = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
`
