import { nodemailerMail, type SendMail } from 'latchstring/accounts'
import type { SmtpSetting } from './settings.ts'

/** Sends mail by SMTP. */
export async function openMail({ url, from }: SmtpSetting): Promise<SendMail> {
  const { createTransport } = await import('nodemailer')
  return nodemailerMail(createTransport(url), { from })
}
