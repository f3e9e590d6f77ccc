import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import type { AllTexts } from './types.ts'
import { zh } from './zh.ts'

/** Our own words. */
export const TEXTS: AllTexts = { en, de, es, zh }
