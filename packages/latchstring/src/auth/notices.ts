import type { Device } from '../core/payload.ts'
import type { Clock } from '../core/types.ts'
import type { Visitor } from './accounts.ts'
import { admitMail } from './admission.ts'
import type { Background } from './background.ts'
import { keyOf } from './keyOf.ts'
import type { MailQueue } from './mail/queue.ts'
import type { MailTextOverrides } from './mail/texts/types.ts'
import { type MailKind, type MailValues, renderMail } from './mail/texts.ts'
import { type OneTimeTokens, TOKEN_LIFETIMES, type TokenValue } from './oneTimeTokens.ts'
import type { Throttle } from './throttle.ts'
import type { Identifier, Language, User } from './types.ts'

export interface NoticeContext {
  /** Without a slash at its end: what links begin with, whatever the request says of its host. */
  readonly baseUrl: string
  readonly appName: string
  /** In place of ours. */
  readonly mailTexts: MailTextOverrides
  readonly throttle: Throttle
  readonly tokens: OneTimeTokens
  readonly mailQueue: MailQueue
  readonly background: Background
  readonly clock: Clock
}

type Sender = Pick<Visitor, 'device' | 'language'>

/** Where the links of mails lead. Opening one changes nothing: the page there asks. */
const PATHS = {
  email_verification: '/email/verify',
  password_reset: '/password/reset',
  email_change: '/email/confirm',
  email_undo: '/email/undo',
  not_me: '/account/not-me',
} as const

/**
 * The mails that accounts cause. Everything happens after the answer: neither its time nor its text tells whether
 * there was a mail.
 */
export class Notices {
  readonly #context: NoticeContext

  constructor(context: NoticeContext) {
    this.#context = context
  }

  verifyEmail(user: User, sender: Sender): void {
    this.#ifAdmitted(user.email, null, async () => {
      const link = await this.#link('email_verification', user, { key: keyOf(user) })
      this.#send(user.email, sender.language, 'verify_email', link)
    })
  }

  /** Somebody wanted to sign up with an address that has an account. */
  addressTaken(email: Identifier, sender: Sender): void {
    this.#ifAdmitted(email.text, null, async () => {
      const link = `${this.#context.baseUrl}/login`
      this.#send(email.text, sender.language, 'address_taken', { link })
    })
  }

  resetPassword(user: User, sender: Sender): void {
    this.#ifAdmitted(user.email, sender.device, async () => {
      const link = await this.#link('password_reset', user, {})
      this.#send(user.email, sender.language, 'reset_password', link)
    })
  }

  /** To the new address, which the link proves, and to the old one, with a way to stop it. */
  emailChange(user: User, email: Identifier, sender: Sender): void {
    this.#ifAdmitted(email.text, sender.device, async () => {
      const link = await this.#link('email_change', user, { email: email.text })
      this.#send(email.text, sender.language, 'confirm_email', link)
      const undo = await this.#link('email_undo', user, { email: user.email })
      this.#send(user.email, sender.language, 'email_change_requested', undo)
    })
  }

  /** To the address that the account had before. */
  emailChanged(before: User, sender: Sender): void {
    this.#later(async () => {
      const link = await this.#link('email_undo', before, { email: before.email })
      this.#send(before.email, sender.language, 'email_changed', link)
    })
  }

  passwordChanged(user: User, sender: Sender): void {
    this.#later(async () => {
      this.#send(user.email, sender.language, 'password_changed', await this.#occasion(user, sender))
    })
  }

  newDevice(user: User, sender: Sender): void {
    this.#later(async () => {
      this.#send(user.email, sender.language, 'new_device', await this.#occasion(user, sender))
    })
  }

  accountDeleted(user: User, sender: Sender): void {
    this.#later(async () => this.#send(user.email, sender.language, 'account_deleted', {}))
  }

  /** Mails that a stranger can ask for are limited, for their address and for where they are asked from. */
  #ifAdmitted(address: string, device: Device | null, work: () => Promise<void>): void {
    this.#later(async () => {
      const admission = await admitMail(this.#context, address, device)
      if (admission.kind === 'admitted') await work()
    })
  }

  #later(work: () => Promise<void>): void {
    this.#context.background.run(work)
  }

  /** What stops or undoes something must stay good whatever else is changed: it has no credential version. */
  async #link(
    purpose: keyof typeof PATHS,
    { id: userId, credentialVersion }: User,
    value: TokenValue,
  ): Promise<{ link: string; validFor: number }> {
    const isBound = purpose === 'password_reset' || purpose === 'email_change'
    const version = isBound ? credentialVersion : null
    const token = await this.#context.tokens.issue({ purpose, userId, credentialVersion: version, value })
    const link = `${this.#context.baseUrl}${PATHS[purpose]}?token=${token}`
    return { link, validFor: TOKEN_LIFETIMES[purpose] }
  }

  /** Where and when it happened, and a link for whoever it was not. */
  async #occasion(user: User, { device }: Sender): Promise<MailValues['new_device']> {
    return { ...(await this.#link('not_me', user, {})), device, at: this.#context.clock() }
  }

  #send<Kind extends MailKind>(to: string, language: Language, kind: Kind, values: MailValues[Kind]): void {
    const { appName, mailTexts, mailQueue } = this.#context
    mailQueue.send({ to, ...renderMail(language, kind, { appName, ...values }, mailTexts) })
  }
}
