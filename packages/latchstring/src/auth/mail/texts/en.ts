import type { MailTexts, OccasionWords } from './types.ts'

const NOTHING_TO_DO = 'If it was you, there is nothing to do.'

export const en: MailTexts = {
  verify_email: {
    subject: ({ appName }) => `Confirm your email address for ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      'Please open this link to confirm that this email address is yours:',
      link,
      works(validFor),
      `If you did not sign up for ${appName}, you can ignore this email.`,
    ],
  },
  address_taken: {
    subject: ({ appName }) => `You already have an account with ${appName}`,
    paragraphs: ({ appName, link }) => [
      `Someone tried to sign up for ${appName} with this email address, but it has an account already.`,
      'If it was you, log in here. If you have forgotten your password, you can choose a new one there:',
      link,
      'If it was not you, you can ignore this email. Nothing has changed.',
    ],
  },
  reset_password: {
    subject: ({ appName }) => `Choose a new password for ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `You can choose a new password for your ${appName} account here:`,
      link,
      `The link works once, for ${validFor}.`,
      'If you did not ask for this, you can ignore this email. Nothing changes unless the link is used.',
    ],
  },
  confirm_email: {
    subject: ({ appName }) => `Confirm your new email address for ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Please open this link to use this email address for your ${appName} account:`,
      link,
      `${works(validFor)} Until you open it, your account keeps its old address.`,
      'If you did not ask for this, you can ignore this email.',
    ],
  },
  email_change_requested: {
    subject: ({ appName }) => `A new email address for your ${appName} account`,
    paragraphs: ({ appName, link, validFor }) => [
      `Someone asked to use another email address for your ${appName} account.`,
      'If it was you, there is nothing to do here: we have sent a link to the new address.',
      'If it was not you, open this link to stop the change and secure your account:',
      link,
      works(validFor),
    ],
  },
  email_changed: {
    subject: ({ appName }) => `The email address of your ${appName} account was changed`,
    paragraphs: ({ appName, link, validFor }) => [
      `Your ${appName} account now uses another email address.`,
      NOTHING_TO_DO,
      'If it was not you, open this link to get your account back:',
      link,
      works(validFor),
    ],
  },
  password_changed: {
    subject: ({ appName }) => `Your ${appName} password was changed`,
    paragraphs: (words) => [`The password of your ${words.appName} account was changed.`, ...occasion(words)],
  },
  new_device: {
    subject: ({ appName }) => `New login to your ${appName} account`,
    paragraphs: (words) => [
      `Someone logged in to your ${words.appName} account from a new device.`,
      ...occasion(words),
    ],
  },
  account_deleted: {
    subject: ({ appName }) => `Your ${appName} account was deleted`,
    paragraphs: ({ appName }) => [
      `Your ${appName} account was deleted, and all your devices are logged out.`,
      `If it was not you, please contact ${appName}.`,
    ],
  },
}

function works(validFor: string): string {
  return `The link works for ${validFor}.`
}

function occasion({ device, address, time, link, validFor }: OccasionWords): readonly string[] {
  const lines = [`Device: ${device}`, address === null ? [] : `IP address: ${address}`, `Time: ${time}`]
  return [
    lines.flat().join('\n'),
    NOTHING_TO_DO,
    'If it was not you, open this link. There you can log out every device and choose a new password:',
    link,
    works(validFor),
  ]
}
