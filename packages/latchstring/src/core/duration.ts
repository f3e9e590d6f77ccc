import { LatchstringError } from './errors.ts'

/** A length of time: milliseconds, or a whole number with a unit, such as `'90s'`, `'15m'`, `'12h'`, `'7d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** What a duration may be, for error messages. */
export const DURATION_FORM = 'milliseconds above 0, or a text such as 90s, 15m, 12h or 7d'

/** Milliseconds of a duration, or `null` for what is none. */
export function parseDuration(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : null
  if (typeof value !== 'string') return null
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(value) ?? []
  const unitMilliseconds = UNIT_MILLISECONDS[unit ?? '']
  return unitMilliseconds === undefined ? null : Number(count) * unitMilliseconds
}

/**
 * Milliseconds of the duration given for an option.
 * @throws LatchstringError `invalid_option`, naming the option and what it takes.
 */
export function durationOption(name: string, value: unknown): number {
  const milliseconds = parseDuration(value)
  if (milliseconds !== null) return milliseconds
  throw new LatchstringError('invalid_option', `${name} takes ${DURATION_FORM}`)
}
