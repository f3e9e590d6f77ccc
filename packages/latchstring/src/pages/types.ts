import type { Language } from '../auth/types.ts'
import type { Texts } from './texts/types.ts'

/** What a page needs to know of the request, whatever it shows. */
export interface PageContext {
  readonly language: Language
  readonly texts: Texts
  /** The name of the application, as its customers know it. */
  readonly appName: string
  readonly stylesheetPath: string
  /** Who is logged in; `null` for a visitor. */
  readonly user: PageUser | null
  /** Goes into every form as the field `formToken`. */
  readonly formToken: string
  /** What went well. */
  readonly notice: string | null
  readonly problem: Problem | null
}

export interface PageUser {
  readonly email: string
  readonly username: string | null
}

/** What went wrong, and the name of the form field that it is about; `null` for none. */
export interface Problem {
  readonly message: string
  readonly field: string | null
}

/** A whole HTML document. */
export type Page<View> = (context: PageContext, view: View) => string

/** A page that shows nothing but what every page knows. */
export type PlainPage = (context: PageContext) => string

/** A page that a mailed link leads to. Looking at it changes nothing. */
export interface TokenView {
  /** As it was mailed. */
  readonly token: string
}
