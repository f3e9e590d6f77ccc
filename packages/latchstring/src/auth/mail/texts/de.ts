import type { MailTexts, OccasionWords } from './types.ts'

const NOTHING_TO_DO = 'Wenn Sie das waren, müssen Sie nichts tun.'

export const de: MailTexts = {
  verify_email: {
    subject: ({ appName }) => `Bestätigen Sie Ihre E-Mail-Adresse für ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      'Bitte öffnen Sie diesen Link, um zu bestätigen, dass diese E-Mail-Adresse Ihnen gehört:',
      link,
      works(validFor),
      `Wenn Sie sich nicht bei ${appName} registriert haben, können Sie diese E-Mail ignorieren.`,
    ],
  },
  address_taken: {
    subject: ({ appName }) => `Sie haben bereits ein Konto bei ${appName}`,
    paragraphs: ({ appName, link }) => [
      `Jemand wollte sich mit dieser E-Mail-Adresse bei ${appName} registrieren. Es gibt für sie aber bereits ein Konto.`,
      'Wenn Sie das waren, melden Sie sich hier an. Falls Sie Ihr Passwort vergessen haben, können Sie dort ein neues festlegen:',
      link,
      'Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren. Es hat sich nichts geändert.',
    ],
  },
  reset_password: {
    subject: ({ appName }) => `Neues Passwort für ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Hier können Sie ein neues Passwort für Ihr Konto bei ${appName} festlegen:`,
      link,
      `Der Link funktioniert einmal und ist ${validFor} lang gültig.`,
      'Wenn Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Solange der Link nicht verwendet wird, ändert sich nichts.',
    ],
  },
  confirm_email: {
    subject: ({ appName }) => `Bestätigen Sie Ihre neue E-Mail-Adresse für ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Bitte öffnen Sie diesen Link, um diese E-Mail-Adresse für Ihr Konto bei ${appName} zu verwenden:`,
      link,
      `${works(validFor)} Bis Sie ihn öffnen, behält Ihr Konto die bisherige Adresse.`,
      'Wenn Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren.',
    ],
  },
  email_change_requested: {
    subject: ({ appName }) => `Neue E-Mail-Adresse für Ihr Konto bei ${appName}`,
    paragraphs: ({ appName, link, validFor }) => [
      `Jemand möchte für Ihr Konto bei ${appName} eine andere E-Mail-Adresse verwenden.`,
      'Wenn Sie das waren, müssen Sie hier nichts tun: Wir haben einen Link an die neue Adresse geschickt.',
      'Wenn Sie das nicht waren, öffnen Sie diesen Link, um die Änderung zu verhindern und Ihr Konto zu sichern:',
      link,
      works(validFor),
    ],
  },
  email_changed: {
    subject: ({ appName }) => `Die E-Mail-Adresse Ihres Kontos bei ${appName} wurde geändert`,
    paragraphs: ({ appName, link, validFor }) => [
      `Für Ihr Konto bei ${appName} gilt jetzt eine andere E-Mail-Adresse.`,
      NOTHING_TO_DO,
      'Wenn Sie das nicht waren, öffnen Sie diesen Link, um Ihr Konto zurückzuholen:',
      link,
      works(validFor),
    ],
  },
  password_changed: {
    subject: ({ appName }) => `Ihr Passwort für ${appName} wurde geändert`,
    paragraphs: (words) => [
      `Das Passwort Ihres Kontos bei ${words.appName} wurde geändert.`,
      ...occasion(words),
    ],
  },
  new_device: {
    subject: ({ appName }) => `Neue Anmeldung in Ihrem Konto bei ${appName}`,
    paragraphs: (words) => [
      `Jemand hat sich auf einem neuen Gerät in Ihrem Konto bei ${words.appName} angemeldet.`,
      ...occasion(words),
    ],
  },
  account_deleted: {
    subject: ({ appName }) => `Ihr Konto bei ${appName} wurde gelöscht`,
    paragraphs: ({ appName }) => [
      `Ihr Konto bei ${appName} wurde gelöscht, und alle Ihre Geräte sind abgemeldet.`,
      `Wenn Sie das nicht waren, wenden Sie sich bitte an ${appName}.`,
    ],
  },
}

function works(validFor: string): string {
  return `Der Link ist ${validFor} lang gültig.`
}

function occasion({ device, address, time, link, validFor }: OccasionWords): readonly string[] {
  const lines = [`Gerät: ${device}`, address === null ? [] : `IP-Adresse: ${address}`, `Zeit: ${time}`]
  return [
    lines.flat().join('\n'),
    NOTHING_TO_DO,
    'Wenn Sie das nicht waren, öffnen Sie diesen Link. Dort können Sie alle Geräte abmelden und ein neues Passwort festlegen:',
    link,
    works(validFor),
  ]
}
