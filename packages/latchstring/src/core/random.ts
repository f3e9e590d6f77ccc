import { randomBytes } from 'node:crypto'
import type { RandomSource } from './types.ts'

/** The operating system's secure random source: the only place that asks it for bytes. */
export const systemRandom: RandomSource = (size) => randomBytes(size)
