import type { Language } from '../../types.ts'

/** What every mail can name. All values are single lines, ready to be shown. */
export interface AppWords {
  readonly appName: string
}

export interface LinkWords extends AppWords {
  readonly link: string
}

/** With how long the link works, such as "30 minutes". */
export interface ExpiringLinkWords extends LinkWords {
  readonly validFor: string
}

/** With where and when it happened. */
export interface OccasionWords extends ExpiringLinkWords {
  readonly device: string
  /** `null` where it is not known. */
  readonly address: string | null
  readonly time: string
}

export interface MailText<Words> {
  subject(words: Words): string
  /** They are set apart by an empty line; a link is a paragraph of its own. */
  paragraphs(words: Words): readonly string[]
}

/** Any parts of any mails of any language, in the shape of those that they replace. */
export type MailTextOverrides = {
  readonly [L in Language]?: { readonly [Kind in keyof MailTexts]?: Partial<MailTexts[Kind]> }
}

/** The mails of one language. */
export interface MailTexts {
  /** To whoever signed up. */
  readonly verify_email: MailText<ExpiringLinkWords>
  /** To the owner of an address that somebody signed up with once more; the link leads to the login page. */
  readonly address_taken: MailText<LinkWords>
  readonly reset_password: MailText<ExpiringLinkWords>
  /** To the new address. */
  readonly confirm_email: MailText<ExpiringLinkWords>
  /** To the old address, before the new one is proved. */
  readonly email_change_requested: MailText<ExpiringLinkWords>
  /** To the old address, once the new one counts. */
  readonly email_changed: MailText<ExpiringLinkWords>
  readonly password_changed: MailText<OccasionWords>
  readonly new_device: MailText<OccasionWords>
  readonly account_deleted: MailText<AppWords>
}
