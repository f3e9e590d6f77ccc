import type { Device } from '../../core/payload.ts'
import { deviceName } from '../deviceName.ts'
import { shownAddress } from '../shownAddress.ts'
import type { Language, Mail } from '../types.ts'
import { de } from './texts/de.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import type { MailText, MailTextOverrides, MailTexts, OccasionWords } from './texts/types.ts'
import { zh } from './texts/zh.ts'

export type MailKind = keyof MailTexts

interface LinkValues {
  readonly link: string
  /** How long the link works, in milliseconds. */
  readonly validFor: number
}

interface OccasionValues extends LinkValues {
  readonly device: Device
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number
}

/** What each mail has to be given, beside the name of the application. */
export interface MailValues {
  readonly verify_email: LinkValues
  readonly address_taken: Pick<LinkValues, 'link'>
  readonly reset_password: LinkValues
  readonly confirm_email: LinkValues
  readonly email_change_requested: LinkValues
  readonly email_changed: LinkValues
  readonly password_changed: OccasionValues
  readonly new_device: OccasionValues
  readonly account_deleted: object
}

export type MailContent = Omit<Mail, 'to'>

type AnyValues = { readonly appName: string } & Partial<OccasionValues>

const TEXTS: Readonly<Record<Language, MailTexts>> = { en, de, es, zh }
const LONGEST_NAME = 100
const LONGEST_LINK = 2_048
const NOWHERE: Device = { address: null, userAgent: null }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A mail as plain text. Values go in as the text that they are, without controls and cut to length; a device shows
 * as one of our own names and its address with the end left out. `overrides` are texts in place of ours.
 *
 * @example
 * const link = `${baseUrl}/password/reset?token=${token}`
 * const { subject, text } = renderMail('en', 'reset_password', { appName: 'Acme', link, validFor: 30 * 60_000 })
 */
export function renderMail<Kind extends MailKind>(
  language: Language,
  kind: Kind,
  values: { readonly appName: string } & MailValues[Kind],
  overrides: MailTextOverrides = {},
): MailContent {
  const mail: MailText<OccasionWords> = { ...TEXTS[language][kind], ...overrides[language]?.[kind] }
  const words = wordsOf(language, values)
  return { subject: mail.subject(words), text: `${mail.paragraphs(words).join('\n\n')}\n` }
}

function wordsOf(language: Language, values: AnyValues): OccasionWords {
  const { appName, link = '', validFor = 0, device = NOWHERE, at = 0 } = values
  return {
    appName: inert(appName, LONGEST_NAME),
    link: inert(link, LONGEST_LINK),
    validFor: spokenDuration(language, validFor),
    device: deviceName(device.userAgent, language),
    address: shownAddress(device.address),
    time: spokenTime(language, at),
  }
}

/** One line without controls, invisible characters and halves of others. */
function inert(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
}

/** Such as "30 minutes", "24 hours", "7 days". */
function spokenDuration(language: Language, milliseconds: number): string {
  if (milliseconds >= 2 * DAY) return spokenCount(language, milliseconds / DAY, 'day')
  if (milliseconds >= HOUR) return spokenCount(language, milliseconds / HOUR, 'hour')
  return spokenCount(language, milliseconds / MINUTE, 'minute')
}

/** Rounded down, so that no link is promised to work longer than it does. */
function spokenCount(language: Language, count: number, unit: 'day' | 'hour' | 'minute'): string {
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.floor(count))
}

/** In UTC: nobody knows where the mail is read. */
function spokenTime(language: Language, at: number): string {
  const format = { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone: 'UTC' } as const
  return `${new Intl.DateTimeFormat(language, format).format(at)} UTC`
}
