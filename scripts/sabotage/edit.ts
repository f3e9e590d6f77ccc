/** A change of one place in the library that breaks one of its promises. */
export interface Edit {
  /** Unique, and short enough to be typed: `npm run test:sabotage -- <name>`. */
  readonly name: string
  /** The requirement of the security checklist, or `design` for a promise that is made elsewhere. */
  readonly requirement: string
  /** What no longer holds. */
  readonly breaks: string
  /** From the folder src of the package. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replacement: string
  /** From the folder of the package. One of them fails, or the promise is not tested. */
  readonly tests: readonly string[]
}

/**
 * The text with the edit made.
 * @throws Error if the place is not there exactly once: a list that rots proves nothing.
 */
export function applyEdit(text: string, { name, file, find, replacement }: Edit): string {
  const places = text.split(find).length - 1
  if (places !== 1) throw new Error(`${name}: ${file} has its text ${places} times instead of once`)
  if (replacement === find) throw new Error(`${name}: changes nothing`)
  return text.replace(find, () => replacement)
}
