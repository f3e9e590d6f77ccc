import { type MailTextOverrides, nodemailerMail, type SendMail } from 'latchstring/accounts'
import { createTransport } from 'nodemailer'

/** By SMTP: `smtps://user:password@mail.example.com`. */
export function smtpMail(url: string): SendMail {
  return nodemailerMail(createTransport(url), { from: 'Acme <hello@acme.example>' })
}

/** By the HTTP API of a mail service. What it does not take must reject, so that it is tried once more. */
export function apiMail(url: string, key: string): SendMail {
  return async ({ to, subject, text }) => {
    const { ok, status } = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ from: 'hello@acme.example', to, subject, text }),
    })
    if (!ok) throw new Error(`the mail service answered ${status}`)
  }
}

/** Mails in our words. What is not here is said in Latchstring's. */
export const MAIL_TEXTS: MailTextOverrides = {
  en: {
    reset_password: {
      subject: () => 'Your way back in',
      paragraphs: ({ appName, link, validFor }) => [
        `Forgot your ${appName} password? Choose a new one here:`,
        link,
        `You have ${validFor}. If it was not you who asked, nothing has changed.`,
      ],
    },
  },
}
