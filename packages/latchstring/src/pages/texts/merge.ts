import type { AllTexts } from './types.ts'

type Part<T> = T extends string
  ? string
  : T extends (...args: never[]) => string
    ? T
    : { readonly [Key in keyof T]?: Part<T[Key]> | undefined }

/** Any texts of any language, in the shape of the texts that they replace. */
export type TextOverrides = Part<AllTexts>

/**
 * The texts with some of them replaced.
 * @throws TypeError for a text where a function or a group belongs, or the other way round.
 * @example mergeTexts(TEXTS, { en: { login: { title: 'Welcome back' } } })
 */
export function mergeTexts(base: AllTexts, overrides: TextOverrides): AllTexts {
  return merge(base, overrides, 'texts')
}

function merge<T extends object>(base: T, overrides: object, path: string): T {
  const known = new Map<string, unknown>(Object.entries(base))
  const replaced = Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, replacement(known.get(key), value, `${path}.${key}`)])
  return { ...base, ...Object.fromEntries(replaced) }
}

/** A text that we do not have, such as the name of a login method of the application's own, is added. */
function replacement(base: unknown, value: unknown, path: string): unknown {
  if (base === undefined) return value
  if (typeof value !== typeof base || value === null) throw new TypeError(`${path} takes a ${kindOf(base)}`)
  return isGroup(base) && isGroup(value) ? merge(base, value, path) : value
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function kindOf(text: unknown): string {
  return isGroup(text) ? 'group of texts' : typeof text
}
