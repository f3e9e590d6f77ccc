import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LANGUAGES, pageSamples, type Sample, sampleContext } from '../../test/pages-support.ts'
import { LANGUAGE_TAGS } from './language.ts'
import { PAGES } from './pages.ts'
import { STYLESHEET, stylesheetPath } from './stylesheet.ts'
import type { PageContext } from './types.ts'

const ALL = LANGUAGES.flatMap((language) => pageSamples(language).map((sample) => ({ ...sample, language })))

interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Enough for documents in which every value is quoted and escaped, as ours must be. */
function tagsOf(document: string): Tag[] {
  return [...document.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>/g)].map((match) => {
    const [, name = '', rest = ''] = match
    const attributes = [...rest.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)]
    return { name, attributes: new Map(attributes.map(([, key = '', value = '']) => [key, value])) }
  })
}

function tagsNamed(document: string, name: string): Tag[] {
  return tagsOf(document).filter((tag) => tag.name === name)
}

function valuesOf(document: string, attribute: string): string[] {
  return tagsOf(document).flatMap(({ attributes }) => attributes.get(attribute) ?? [])
}

/** The document without what was put into it. */
function skeletonOf(document: string): string[] {
  return tagsOf(document).map(({ name, attributes }) => `${name} ${[...attributes.keys()].join(' ')}`)
}

function formsOf(document: string): string[] {
  return [...document.matchAll(/<form[\s\S]*?<\/form>/g)].map(([form]) => form)
}

function eachPage(
  check: (document: string, sample: Sample & { language: (typeof ALL)[number]['language'] }) => void,
) {
  for (const sample of ALL) check(sample.document, sample)
}

suite('every page', () => {
  test('is one whole document in its language, with a title and one heading', () => {
    eachPage((document, { name, language }) => {
      assert.match(document, /^<!doctype html>\n<html lang=/, name)
      assert.deepEqual(valuesOf(document, 'lang'), [LANGUAGE_TAGS[language]], name)
      assert.match(document, /<title>[^<]+ – Fernweh<\/title>/, name)
      assert.equal(tagsNamed(document, 'h1').length, 1, name)
      assert.equal(tagsNamed(document, 'main').length, 1, name)
    })
  })

  test('is made of tags that the other tests can read', () => {
    eachPage((document, { name }) => {
      const opened = document.match(/<[a-z!]/g)?.length
      assert.equal(tagsOf(document).length + 1, opened, `${name}: one is the doctype`)
    })
  })

  test('has no script, no inline style and nothing from elsewhere (W-07, T97)', () => {
    eachPage((document, { name }) => {
      for (const { name: tag, attributes } of tagsOf(document)) {
        assert.equal(
          ['script', 'style', 'iframe', 'object', 'embed', 'base', 'img'].includes(tag),
          false,
          name,
        )
        for (const key of attributes.keys())
          assert.doesNotMatch(key, /^(on|style$|srcset$|formaction$)/, name)
      }
      const urls = ['href', 'src', 'action'].flatMap((key) => valuesOf(document, key))
      for (const url of urls) assert.match(url, /^(\/(?!\/)|http:\/\/localhost:3000\/)/, name)
    })
  })

  test('T70: stays the same page when every value in it is an attack', () => {
    const attack = `"><script>alert('http://localhost:3000/x')</script>&\r\n<b onclick=x>`
    for (const language of LANGUAGES) {
      const hostile = new Map(
        pageSamples(language, () => attack).map(({ name, document }) => [name, document]),
      )
      for (const { name, document } of pageSamples(language)) {
        const attacked = hostile.get(name) ?? ''
        assert.doesNotMatch(attacked, /<script|<b |"">/i, name)
        assert.deepEqual(skeletonOf(attacked), skeletonOf(document), name)
      }
    }
  })

  test('sends every form by POST with the form token (W-02)', () => {
    eachPage((document, { name }) => {
      const forms = formsOf(document)
      assert.equal(forms.length, tagsNamed(document, 'form').length, name)
      for (const form of forms) {
        assert.match(form, /^<form method="post" action="\/[^"]+">/, name)
        assert.equal(
          form.split('<input type="hidden" name="formToken" value="x7Gq-form-token">').length,
          2,
          name,
        )
        assert.match(form, /<button/, name)
      }
    })
  })

  test('has a label for every field, ids that are unique, and descriptions that are there', () => {
    eachPage((document, { name }) => {
      const ids = valuesOf(document, 'id')
      assert.equal(new Set(ids).size, ids.length, name)
      for (const reference of valuesOf(document, 'aria-describedby').flatMap((value) => value.split(' ')))
        assert.ok(ids.includes(reference), `${name}: ${reference}`)
      for (const { attributes } of tagsNamed(document, 'input').filter(isVisible)) {
        const isInside =
          attributes.get('type') === 'checkbox' && /<label class="choice"><input/.test(document)
        const labels = valuesOf(document, 'for').filter((id) => id === attributes.get('id'))
        assert.ok(isInside || labels.length === 1, `${name}: ${attributes.get('name')}`)
      }
    })
  })

  test('P-03: helps password managers, and lets every password be pasted whole', () => {
    eachPage((document, { name }) => {
      for (const { attributes } of tagsNamed(document, 'input').filter(isVisible)) {
        const type = attributes.get('type')
        const autocomplete = attributes.get('autocomplete') ?? ''
        if (type === 'password') assert.match(autocomplete, /^(current|new)-password$/, name)
        else if (type !== 'checkbox') assert.match(autocomplete, /^(username|email|nickname|off)$/, name)
        assert.equal(attributes.has('maxlength') || attributes.has('pattern'), false, name)
      }
    })
  })

  test('never has a password in it', () => {
    eachPage((document, { name }) => {
      for (const { attributes } of tagsNamed(document, 'input'))
        if (attributes.get('type') === 'password') assert.equal(attributes.has('value'), false, name)
    })
  })

  test('shows a problem exactly once, whatever field it is about', () => {
    const fields = [
      null,
      'email',
      'username',
      'password',
      'newEmail',
      'currentPassword',
      'newPassword',
      'token',
      'name',
    ]
    for (const field of fields) {
      for (const document of withProblem({ message: 'THE PROBLEM', field }))
        assert.equal(document.split('THE PROBLEM').length, 2, `${field}: ${document}`)
    }
  })

  test('ties the problem of a field to it, and says it in the title', () => {
    const context = { ...sampleContext('en'), problem: { message: 'Too short', field: 'password' } }
    const document = PAGES.signup(context, { email: '', username: '', passwordMinLength: 15, returnTo: null })
    const [input] = tagsNamed(document, 'input').filter(
      ({ attributes }) => attributes.get('id') === 'password',
    )
    assert.equal(input?.attributes.get('aria-describedby'), 'password-hint password-problem')
    assert.equal(input?.attributes.get('aria-invalid'), 'true')
    assert.equal(input?.attributes.get('minlength'), '15')
    assert.match(document, /<p class="problem" id="password-problem">Too short<\/p>/)
    assert.match(document, /<title>Error: Create your account – Fernweh<\/title>/)
  })

  test('shows each moment in a machine-readable form too, and says UTC', () => {
    eachPage((document, { name }) => {
      const times = [...document.matchAll(/<time datetime="([^"]+)">([^<]+)<\/time>/g)]
      assert.equal(times.length, tagsNamed(document, 'time').length, name)
      for (const [, iso = '', shown = ''] of times) {
        assert.equal(new Date(iso).toISOString(), iso, name)
        assert.match(shown, / UTC$/, name)
      }
    })
  })

  test('uses the stylesheet, in which every class has its rule, and every rule its use', () => {
    const used = new Set(
      ALL.flatMap(({ document }) => valuesOf(document, 'class')).flatMap((value) => value.split(' ')),
    )
    const ruled = new Set([...STYLESHEET.matchAll(/\.([a-z][a-z-]*)/g)].map(([, name = '']) => name))
    assert.deepEqual([...ruled].sort(), [...used].sort())
    const link = `<link rel="stylesheet" href="${stylesheetPath(STYLESHEET)}">`
    eachPage((document) => assert.ok(document.includes(link)))
  })
})

function isVisible({ attributes }: Tag): boolean {
  return attributes.get('type') !== 'hidden' && !attributes.has('hidden')
}

/** Every page with a form, while it tells of a problem. */
function withProblem(problem: NonNullable<PageContext['problem']>): string[] {
  const user = { email: 'ann@example.com', username: null }
  const context = { ...sampleContext('en'), user, problem }
  const token = { token: 'token' }
  return [
    PAGES.signup(context, { email: '', username: '', passwordMinLength: 15, returnTo: null }),
    PAGES.login(context, { identifier: '', remember: false, returnTo: null }),
    PAGES.account(context, { user, isEmailVerified: false, newEmail: '', passwordMinLength: 15 }),
    PAGES.sessions(context, { sessions: [] }),
    PAGES.forgotPassword(context, { email: '' }),
    PAGES.resetPassword(context, { ...token, passwordMinLength: 15 }),
    ...[PAGES.verifyEmail, PAGES.confirmEmail, PAGES.undoEmail, PAGES.notMe].map((page) =>
      page(context, token),
    ),
    PAGES.reauthenticate(context, { returnTo: null }),
    PAGES.deleteAccount(context),
  ].flat()
}

suite('the pages of an account', () => {
  const fieldsOf = (sampleName: string) => {
    const { document = '' } = pageSamples('en').find(({ name }) => name === sampleName) ?? {}
    return tagsNamed(document, 'input').map(({ attributes }) => {
      return `${attributes.get('name')}: ${attributes.get('autocomplete') ?? attributes.get('type')}`
    })
  }
  const TOKEN = 'formToken: hidden'
  const LOGOUT = [TOKEN]

  test('P-03: name and mark their fields as the routes and password managers know them', () => {
    assert.deepEqual(fieldsOf('signup'), [
      TOKEN,
      'email: username',
      'username: nickname',
      'password: new-password',
    ])
    assert.deepEqual(fieldsOf('login-wrong'), [
      TOKEN,
      'email: username',
      'password: current-password',
      'remember: checkbox',
      'returnTo: hidden',
    ])
    assert.deepEqual(fieldsOf('account'), [
      ...LOGOUT,
      ...[TOKEN, 'newEmail: email'],
      ...[TOKEN, 'undefined: username', 'currentPassword: current-password', 'newPassword: new-password'],
    ])
    assert.deepEqual(fieldsOf('forgot-password'), [TOKEN, 'email: username'])
    assert.deepEqual(fieldsOf('reset-password'), [TOKEN, 'token: hidden', 'newPassword: new-password'])
    assert.deepEqual(fieldsOf('reauthenticate'), [
      ...LOGOUT,
      ...[TOKEN, 'undefined: username', 'password: current-password', 'returnTo: hidden'],
    ])
    assert.deepEqual(fieldsOf('not-me'), [TOKEN, 'token: hidden'])
  })

  test('keep what was typed, and whether to be remembered', () => {
    const { document = '' } = pageSamples('en').find(({ name }) => name === 'login-wrong') ?? {}
    assert.match(document, /name="email" type="text" value="ann.lee@example.com"/)
    assert.match(document, /name="remember" checked/)
  })

  test('name a session in the address of its forms as one segment', () => {
    const user = { email: 'ann@example.com', username: null }
    const session = {
      id: 'a/../b?c',
      isCurrent: true,
      name: null,
      device: 'Firefox',
      address: null,
      methods: [],
    }
    const times = { createdAt: 0, lastSeenAt: 0, expiresAt: 0 }
    const document = PAGES.sessions(
      { ...sampleContext('en'), user },
      { sessions: [{ ...session, ...times }] },
    )
    assert.deepEqual(valuesOf(document, 'action'), [
      '/logout',
      '/account/sessions/a%2F..%2Fb%3Fc/revoke',
      '/account/sessions/a%2F..%2Fb%3Fc/name',
      '/account/sessions/revoke-all',
    ])
  })

  test('offer to log out the others only where there are others', () => {
    const actions = (name: string) =>
      pageSamples('en').flatMap((sample) => (sample.name === name ? valuesOf(sample.document, 'action') : []))
    assert.ok(actions('sessions').includes('/account/sessions/revoke-others'))
    assert.ok(!actions('sessions-alone').includes('/account/sessions/revoke-others'))
    assert.ok(actions('sessions-alone').includes('/account/sessions/revoke-all'))
  })

  test('offer another verification email only while the address is not verified', () => {
    const of = (name: string) => pageSamples('en').find((sample) => sample.name === name)?.document ?? ''
    assert.match(of('account-unverified'), /action="\/email\/verify\/resend"/)
    assert.doesNotMatch(of('account'), /resend/)
  })
})
