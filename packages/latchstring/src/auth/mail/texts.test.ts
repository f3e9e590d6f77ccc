import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { errorWith } from '../../../test/support.ts'
import type { Device } from '../../core/payload.ts'
import type { Language } from '../types.ts'
import { checkMailTexts } from './texts/check.ts'
import type { MailTextOverrides } from './texts/types.ts'
import { type MailContent, type MailKind, renderMail } from './texts.ts'

const LANGUAGES: readonly Language[] = ['en', 'de', 'es', 'zh']
const KINDS: readonly MailKind[] = [
  ...([
    'verify_email',
    'address_taken',
    'reset_password',
    'confirm_email',
    'email_change_requested',
  ] as const),
  ...(['email_changed', 'password_changed', 'new_device', 'account_deleted'] as const),
]
const WITH_LINK = KINDS.filter((kind) => kind !== 'account_deleted')
const EXPIRING = WITH_LINK.filter((kind) => kind !== 'address_taken')
const WITH_DEVICE: readonly MailKind[] = ['password_changed', 'new_device']

const LINK = 'https://acme.example/password/reset?token=qZ3_-x'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0'
const UNWANTED = /[\p{C}\p{Zl}\p{Zp}]/u
const UNKNOWN: Device = { address: null, userAgent: null }
const FIREFOX_AT_HOME: Device = { address: '203.0.113.7', userAgent: FIREFOX }
const VALUES = {
  appName: 'Acme',
  link: LINK,
  validFor: 30 * 60_000,
  device: FIREFOX_AT_HOME,
  at: Date.UTC(2026, 0, 2, 7, 5),
}

function everyMail(kinds: readonly MailKind[], values: Partial<typeof VALUES> = {}): MailContent[] {
  return LANGUAGES.flatMap((language) =>
    kinds.map((kind) => renderMail(language, kind, { ...VALUES, ...values })),
  )
}

const linesOf = ({ text }: MailContent): string[] => text.split('\n')

suite('a mail', () => {
  test('of a forgotten password reads like this', () => {
    assert.deepEqual(
      renderMail('en', 'reset_password', { appName: 'Acme', link: LINK, validFor: 30 * 60_000 }),
      {
        subject: 'Choose a new password for Acme',
        text: `You can choose a new password for your Acme account here:

${LINK}

The link works once, for 30 minutes.

If you did not ask for this, you can ignore this email. Nothing changes unless the link is used.
`,
      },
    )
  })

  test('of a new device reads like this, with a link for whoever it was not', () => {
    assert.deepEqual(renderMail('en', 'new_device', { ...VALUES, validFor: 7 * 86_400_000 }), {
      subject: 'New login to your Acme account',
      text: `Someone logged in to your Acme account from a new device.

Device: Firefox on Windows
IP address: 203.0.113.x
Time: January 2, 2026 at 07:05 UTC

If it was you, there is nothing to do.

If it was not you, open this link. There you can log out every device and choose a new password:

${LINK}

The link works for 7 days.
`,
    })
  })

  test('names the application in its subject and its text, in every language', () => {
    for (const { subject, text } of everyMail(KINDS)) {
      assert.match(subject, /Acme/)
      assert.doesNotMatch(subject + text, /undefined|null|NaN|\[object|\$\{/)
    }
  })

  test('has its link on a line of its own, once', () => {
    for (const mail of everyMail(WITH_LINK)) {
      assert.equal(linesOf(mail).filter((line) => line.includes('acme.example')).length, 1)
      assert.ok(mail.text.includes(`:\n\n${LINK}\n\n`) || mail.text.includes(`：\n\n${LINK}\n\n`), mail.text)
    }
  })

  test('says how long its link works, and never longer than it does', () => {
    const shown = (validFor: number) => everyMail(EXPIRING, { validFor }).map(({ text }) => text)
    const spoken: [milliseconds: number, pattern: RegExp][] = [
      [30 * 60_000, /30 minutes|30 Minuten|30 minutos|30分钟/],
      [60 * 60_000, /1 hour\b|1 Stunde\b|1 hora\b|1小时/],
      [119 * 60_000, /1 hour\b|1 Stunde\b|1 hora\b|1小时/],
      [86_400_000, /24 hours|24 Stunden|24 horas|24小时/],
      [7 * 86_400_000, /7 days|7 Tage|7 días|7天/],
    ]
    for (const [milliseconds, pattern] of spoken) {
      for (const text of shown(milliseconds)) assert.match(text, pattern)
    }
  })

  test('tells device, approximate address and time in the language of the mail', () => {
    const mails = LANGUAGES.map((language) => renderMail(language, 'password_changed', VALUES).text)
    const expected = [
      'Device: Firefox on Windows\nIP address: 203.0.113.x\nTime: January 2, 2026 at 07:05 UTC\n',
      'Gerät: Firefox auf Windows\nIP-Adresse: 203.0.113.x\nZeit: 2. Januar 2026 um 07:05 UTC\n',
      'Dispositivo: Firefox en Windows\nDirección IP: 203.0.113.x\nFecha y hora: 2 de enero de 2026 a las 7:05 UTC\n',
      '设备：Windows 上的 Firefox\nIP 地址：203.0.113.x\n时间：2026年1月2日 07:05 UTC\n',
    ]
    for (const [index, lines] of expected.entries()) assert.ok(mails[index]?.includes(lines), mails[index])
  })

  test('leaves the address out where it is not known', () => {
    for (const { text } of everyMail(WITH_DEVICE, { device: UNKNOWN })) {
      assert.doesNotMatch(text, /IP/)
    }
  })

  test('is written in its own language throughout', () => {
    for (const kind of KINDS) {
      const paragraphs = LANGUAGES.flatMap((language) => [
        ...new Set(renderMail(language, kind, VALUES).text.trim().split('\n\n')),
      ])
      const shared = paragraphs.filter((paragraph, index) => paragraphs.indexOf(paragraph) !== index)
      assert.ok(
        shared.every((paragraph) => paragraph === LINK),
        `${kind}: ${shared}`,
      )
    }
  })
})

suite('texts of an application', () => {
  const overrides: MailTextOverrides = {
    de: { reset_password: { subject: ({ appName }) => `Neues Passwort, ${appName}!` } },
    en: { new_device: { paragraphs: ({ device, link }) => [`It was ${device}.`, link] } },
  }

  test('replace ours one by one, and leave the others as they are', () => {
    const rendered = renderMail('de', 'reset_password', VALUES, overrides)
    const ours = renderMail('de', 'reset_password', VALUES)
    assert.deepEqual(rendered, { ...ours, subject: 'Neues Passwort, Acme!' })
    const { subject, text } = renderMail('en', 'new_device', VALUES, overrides)
    assert.equal(text, `It was Firefox on Windows.\n\n${LINK}\n`)
    assert.equal(subject, renderMail('en', 'new_device', VALUES).subject)
    for (const kind of KINDS)
      assert.deepEqual(renderMail('es', kind, VALUES, overrides), renderMail('es', kind, VALUES))
  })

  test('are told nothing that could begin a header or a line of its own (E-11)', () => {
    const appName = 'Acme\r\nBcc: bert@example.test'
    const { subject } = renderMail('de', 'reset_password', { ...VALUES, appName }, overrides)
    assert.equal(subject, 'Neues Passwort, AcmeBcc: bert@example.test!')
  })

  test('of another kind than ours are refused, by their name', () => {
    const wrong: [overrides: string, message: RegExp][] = [
      ['7', /^mailTexts takes an object with en, de, es, zh$/],
      ['{"fr":{}}', /"fr"/],
      ['{"en":null}', /^mailTexts\.en takes an object with verify_email, /],
      ['{"en":{"newsletter":{}}}', /"newsletter"/],
      ['{"en":{"new_device":{"html":"x"}}}', /"html"/],
      ['{"en":{"new_device":{"subject":"x"}}}', /^mailTexts\.en\.new_device\.subject takes a function$/],
      [
        '{"en":{"new_device":{"paragraphs":null}}}',
        /^mailTexts\.en\.new_device\.paragraphs takes a function$/,
      ],
    ]
    for (const [text, message] of wrong)
      assert.throws(() => checkMailTexts(JSON.parse(text)), errorWith('invalid_option', message))
    checkMailTexts(overrides)
  })
})

suite('hostile values', () => {
  test('E-11: begin no header and no line of their own (T70)', () => {
    const appName = 'Acme\r\nBcc: bert@example.test\n\n<b>\u2028\u2029\0\u001b[31m\u202e\ud800'
    for (const { subject, text } of everyMail(KINDS, { appName, link: `${LINK}\r\nhttps://evil.example` })) {
      assert.match(subject, /AcmeBcc: bert@example\.test<b>\[31m/)
      assert.doesNotMatch(subject, UNWANTED)
      assert.doesNotMatch(text.replaceAll('\n', ''), UNWANTED)
      assert.doesNotMatch(text, /^Bcc|^https:\/\/evil/m)
    }
  })

  test('E-11: of a device never show (T70)', () => {
    const device = {
      address: '<script>\r\nhttps://evil.example',
      userAgent: 'https://evil.example\r\nFirefox/1',
    }
    for (const { text } of everyMail(WITH_DEVICE, { device })) {
      assert.doesNotMatch(text, /evil|script/)
      assert.match(text, /Firefox/)
    }
  })

  test('E-11: are cut to length (T70)', () => {
    for (const { subject, text } of everyMail(KINDS, { appName: 'a'.repeat(1e6), link: 'b'.repeat(1e6) })) {
      assert.ok(subject.length < 200)
      assert.ok(text.length < 4_000)
    }
  })

  test('E-11: leave a subject of one line, whatever they are (T70)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (appName) => {
        for (const { subject, text } of everyMail(KINDS, { appName })) {
          assert.doesNotMatch(subject, UNWANTED)
          assert.doesNotMatch(text.replaceAll('\n', ''), UNWANTED)
        }
      }),
      { numRuns: 20 },
    )
  })
})
