import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { IS_CHROMIUM_MISSING, inChromium, launchChromium } from '../chromium.ts'
import { Gallery } from './gallery.ts'
import { type PeopleSite, Seats, startForPeople, type Visitor } from './people.ts'
import { ANNA, BERT } from './site.ts'

const NEW_PASSWORD = 'a quite different passphrase'
const NEW_EMAIL = 'anna.new@example.test'
const WRONG = 'wrong wrong wrong wrong'
const TEN_MINUTES = 10 * 60_000
const THIRTY_DAYS = 30 * 24 * 60 * 60
const MINUTE = 60

const RESET_MAIL = 'Choose a new password for Latchstring'
const VERIFICATION_MAIL = 'Confirm your email address for Latchstring'

const DESKTOP: BrowserContextOptions = { viewport: { width: 1_100, height: 800 } }
const FIREFOX: BrowserContextOptions = {
  ...DESKTOP,
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
}
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
}

suite(inChromium('a person at a browser without JavaScript'), { skip: IS_CHROMIUM_MISSING }, () => {
  let browser: Browser
  let seats: Seats
  before(async () => {
    browser = await launchChromium()
    seats = new Seats(browser, await Gallery.open(browser))
  })
  after(() => browser.close())

  const visit = (t: TestContext, site: PeopleSite, options = DESKTOP): Promise<Visitor> =>
    seats.take(t, site, options)

  /** Anna after signing up, and the site. */
  async function startWithAnna(t: TestContext): Promise<{ site: PeopleSite; anna: Visitor }> {
    const site = await startForPeople(t)
    const anna = await visit(t, site)
    await anna.signUp()
    return { site, anna }
  }

  /** Anna's second browser, logged in. */
  async function logInElsewhere(t: TestContext, site: PeopleSite, options = FIREFOX): Promise<Visitor> {
    const other = await visit(t, site, options)
    await other.logIn()
    await other.sees('Your account')
    return other
  }

  /** A browser that was closed and opened again: it has only the cookies that are to be kept. */
  async function reopen(t: TestContext, site: PeopleSite, closed: Visitor): Promise<Visitor> {
    const cookies = await closed.context.cookies()
    await closed.context.close()
    const opened = await visit(t, site)
    await opened.context.addCookies(cookies.filter(({ expires }) => expires > 0))
    return opened
  }

  /** The next click of somebody who is on the account page. */
  async function isOut(visitor: Visitor): Promise<void> {
    await visitor.follow('Activity')
    await visitor.sees('Log in')
    assert.equal(visitor.path, '/login?returnTo=%2Faccount%2Factivity')
  }

  test('signs up, looks around, logs out and logs in again', async (t) => {
    const anna = await visit(t, await startForPeople(t))
    await anna.goTo('/')
    await anna.sees('Welcome to Latchstring', 'home')
    await anna.follow('Sign up')
    await anna.sees('Create your account', 'signup')
    await anna.fillIn({ Email: ANNA.email, 'Username (optional)': ANNA.username, Password: ANNA.password })
    await anna.press('Sign up')
    await anna.sees('Your account', 'account')
    await anna.follow('Activity')
    await anna.sees('Account activity')
    await anna.follow('Latchstring')
    await anna.sees('Hello, anna', 'home-member')
    await anna.logOut()
    await anna.isTold('You are logged out. See you soon!')
    await anna.sees('Welcome to Latchstring')
    await anna.follow('Log in')
    await anna.sees('Log in', 'login')
    await anna.fillIn({ 'Email or username': ANNA.username, Password: ANNA.password })
    await anna.press('Log in')
    await anna.sees('Your account')
    await anna.goTo('/login')
    await anna.sees('Your account')
  })

  test('is told beside the field why a sign-up is refused, and types nothing but the password again', async (t) => {
    const { site } = await startWithAnna(t)
    const bert = await visit(t, site)
    await bert.goTo('/signup')
    await bert.fillIn({ Email: BERT.email, 'Username (optional)': 'bert', Password: 'too short' })
    await bert.page.getByRole('button', { name: 'Sign up' }).click()
    assert.equal(await bert.page.locator('input:invalid').getAttribute('name'), 'password')
    await bert.fillIn({ Password: 'passwordpassword' })
    await bert.press('Sign up')
    await bert.isToldAt('Password', /attackers try first/)
    await bert.sees('Create your account')
    await bert.fillIn({ Email: 'ANNA@example.test', Password: BERT.password })
    await bert.press('Sign up')
    await bert.isToldAt('Email', /already an account/)
    await bert.sees('Create your account', 'signup-taken')
    await bert.fillIn({ Email: BERT.email, 'Username (optional)': 'Anna', Password: BERT.password })
    await bert.press('Sign up')
    await bert.isToldAt('Username (optional)', /Somebody else has this username/)
    await bert.fillIn({ 'Username (optional)': 'bert', Password: BERT.password })
    await bert.press('Sign up')
    await bert.sees('Your account')
  })

  test('is told of a wrong password, finds the address still there and the password gone', async (t) => {
    const { site } = await startWithAnna(t)
    const anna = await visit(t, site)
    for (const email of [ANNA.email, 'nobody@example.test']) {
      await anna.goTo('/login?returnTo=%2Faccount%2Fsessions')
      await anna.fillIn({ 'Email or username': email, Password: WRONG })
      await anna.field('Keep me logged in on this device').check()
      await anna.press('Log in')
      await anna.isTold('These login details are not right. Check them and try again.', 'alert')
      assert.equal(await anna.field('Email or username').inputValue(), email)
      assert.equal(await anna.field('Password').inputValue(), '')
      assert.equal(await anna.field('Keep me logged in on this device').isChecked(), true)
    }
    await anna.sees('Log in', 'login-wrong')
    await anna.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await anna.press('Log in')
    await anna.sees('Your devices')
  })

  test('stays logged in when the browser is closed only if asked to', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const session = async (visitor: Visitor) =>
      (await visitor.context.cookies()).find(({ name }) => name === 'latchstring')
    assert.equal((await session(anna))?.expires, -1)
    const opened = await reopen(t, site, anna)
    await opened.goTo('/members')
    await opened.sees('Log in')
    await opened.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await opened.field('Keep me logged in on this device').check()
    await opened.press('Log in')
    await opened.sees('For members')

    const { expires = 0, httpOnly } = (await session(opened)) ?? {}
    assert.ok(Math.abs(expires - Date.now() / 1_000 - THIRTY_DAYS) < MINUTE, String(expires))
    assert.equal(httpOnly, true)
    const again = await reopen(t, site, opened)
    await again.goTo('/members')
    await again.sees('For members')
  })

  test('sees both browsers by their names, and logs the other out, which is out at its next click', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const other = await logInElsewhere(t, site)
    await anna.follow('Devices')
    await anna.sees('Your devices', 'devices')
    assert.equal(await anna.device('').count(), 2)
    assert.equal(await anna.device('Chrome on Linux').getByText('This device', { exact: true }).count(), 1)
    assert.equal(await anna.device('Firefox on Windows').getByText('This device', { exact: true }).count(), 0)
    await anna.press('Log out', anna.device('Firefox on Windows'))
    await anna.isTold('The device has been logged out.')
    await anna.sees('Your devices')
    assert.equal(await anna.device('').count(), 1)

    await isOut(other)
    await other.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await other.press('Log in')
    await other.sees('Account activity')
    await other.follow('Devices')
    await other.press('Log out', other.device('Firefox on Windows'))
    await other.isTold('You are logged out. See you soon!')
    await other.sees('Log in')
  })

  test('logs out everywhere', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const other = await logInElsewhere(t, site)
    await anna.follow('Devices')
    await anna.press('Log out everywhere')
    await anna.isTold('You are logged out. See you soon!')
    await anna.sees('Log in')
    await isOut(other)
  })

  test('gives a device a name, on a phone', async (t) => {
    const { site } = await startWithAnna(t)
    const phone = await logInElsewhere(t, site, PHONE)
    await phone.sees('Your account')
    await phone.follow('Devices')
    const device = () => phone.device('Safari on iPhone')
    await device().getByText('Rename', { exact: true }).click()
    await phone.sees('Your devices', 'phone-devices-renaming')
    await device().getByLabel('Name of this device').fill('Kitchen <b>phone</b>')
    await phone.press('Save name', device())
    await phone.isTold('The device has a new name.')
    await phone.sees('Your devices')
    assert.equal(await device().getByRole('heading').textContent(), 'Kitchen <b>phone</b> This device')
  })

  test('changes the password, and the other browser is out', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const other = await logInElsewhere(t, site)
    const change = async (current: string, next: string) => {
      await anna.fillIn({ 'Current password': current, 'New password': next })
      await anna.press('Change password')
    }
    await change(WRONG, NEW_PASSWORD)
    await anna.isToldAt('Current password', /not right/)
    await anna.sees('Your account', 'account-wrong-password')
    await change(ANNA.password, ANNA.password)
    await anna.isToldAt('New password', /current password/)
    await change(ANNA.password, NEW_PASSWORD)
    await anna.isTold('Your password is changed. All other devices have been logged out.')
    await anna.sees('Your account')
    await isOut(other)
    await other.logIn()
    await other.isTold('These login details are not right. Check them and try again.', 'alert')
    await other.logIn({ ...ANNA, password: NEW_PASSWORD })
    await other.sees('Your account')
    await anna.follow('Activity')
    await anna.sees('Account activity', 'activity-password-changed')
  })

  test('gets a new password by the outbox, and the link works once', async (t) => {
    const { site, anna: laptop } = await startWithAnna(t)
    const anna = await visit(t, site, FIREFOX)
    await anna.goTo('/login')
    await anna.follow('Forgot your password?')
    await anna.sees('Forgot your password?', 'forgot-password')
    await anna.fillIn({ Email: ANNA.email })
    await anna.press('Send the link')
    await anna.sees('Check your mail', 'forgot-password-sent')
    await anna.openOutbox()
    await anna.sees('Outbox', 'outbox')
    await anna.followMail(RESET_MAIL)
    await anna.followMail(RESET_MAIL)
    await anna.sees('Choose a new password', 'reset-password')
    await anna.fillIn({ 'New password': 'passwordpassword' })
    await anna.press('Set new password')
    await anna.isToldAt('New password', /attackers try first/)
    await anna.sees('Choose a new password')
    await anna.fillIn({ 'New password': NEW_PASSWORD })
    await anna.press('Set new password')
    await anna.isTold('Your new password is set, and all devices have been logged out. Log in with it now.')
    await anna.sees('Log in', 'login-new-password')
    await anna.fillIn({ 'Email or username': ANNA.email, Password: NEW_PASSWORD })
    await anna.press('Log in')
    await anna.sees('Your account')
    await isOut(laptop)

    await anna.followMail(RESET_MAIL)
    await anna.sees('Choose a new password')
    await anna.fillIn({ 'New password': 'yet another passphrase' })
    await anna.press('Set new password')
    await anna.sees('Something went wrong', 'link-used')
    await anna.reads('This link has been used already, or is too old. Ask for a new one.')
    await anna.goTo('/account')
    await anna.sees('Your account')
  })

  test('verifies the address by the outbox, and is told when the link is opened again', async (t) => {
    const { anna } = await startWithAnna(t)
    await anna.reads('Not verified yet')
    await anna.press('Send the verification email again')
    await anna.isTold('We have sent you a new verification email.')
    await anna.followMail(VERIFICATION_MAIL)
    await anna.sees('Verify your email address', 'verify-email')
    await anna.press('Verify email address')
    await anna.isTold('Thank you. Your email address is verified.')
    await anna.sees('Your account')
    await anna.reads('Verified')
    await anna.followMail(VERIFICATION_MAIL)
    await anna.press('Verify email address')
    await anna.sees('Something went wrong')
  })

  test('verifies the address before the first login where that is asked for', async (t) => {
    const anna = await visit(t, await startForPeople(t, { signup: 'private' }))
    await anna.signUp()
    await anna.sees('Check your mail', 'signup-private')
    await anna.logIn()
    await anna.isTold('These login details are not right. Check them and try again.', 'alert')
    await anna.followMail(VERIFICATION_MAIL)
    await anna.press('Verify email address')
    await anna.isTold('Thank you. Your email address is verified.')
    await anna.sees('Log in')
    await anna.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await anna.press('Log in')
    await anna.sees('Your account')
  })

  test('changes the address by the outbox, and whoever had it before takes the account back', async (t) => {
    const { site, anna: thief } = await startWithAnna(t)
    await thief.fillIn({ 'New email address': 'anna@nowhere' })
    await thief.press('Send the link')
    await thief.isToldAt('New email address', /valid email address/)
    await thief.sees('Your account')
    await thief.fillIn({ 'New email address': NEW_EMAIL })
    await thief.press('Send the link')
    await thief.isTold('We have sent a link to the new address. Nothing changes until you open it.')
    await thief.openOutbox()
    await thief.sees('Outbox')
    await thief.followMail('Confirm your new email address for Latchstring')
    await thief.sees('Confirm your new email address', 'confirm-email')
    await thief.press('Confirm new address')
    await thief.isTold('Your email address is changed. From now on, log in with the new one.')
    await thief.sees('Your account')
    await thief.reads(NEW_EMAIL)

    const anna = await visit(t, site, PHONE)
    await anna.followMail('The email address of your Latchstring account was changed')
    await anna.sees('Keep your previous email address?', 'phone-undo-email')
    await anna.press('Undo the change')
    await anna.sees('Change undone', 'phone-email-undone')
    await isOut(thief)
    await anna.followMail(RESET_MAIL)
    await anna.fillIn({ 'New password': NEW_PASSWORD })
    await anna.press('Set new password')
    await anna.logIn({ ...ANNA, password: NEW_PASSWORD })
    await anna.sees('Your account')
    await thief.logIn({ email: NEW_EMAIL, password: ANNA.password })
    await thief.isTold('These login details are not right. Check them and try again.', 'alert')
  })

  test('reports a login that was somebody else’s, who is out', async (t) => {
    const { site } = await startWithAnna(t)
    const thief = await logInElsewhere(t, site)
    const anna = await visit(t, site, PHONE)
    await anna.openOutbox()
    await anna.sees('Outbox')
    await anna.followMail('New login to your Latchstring account')
    await anna.sees('Was this not you?', 'phone-not-me')
    await anna.press('Secure my account')
    await anna.sees('Your account is secured', 'phone-secured')
    await isOut(thief)
  })

  test('is asked for the password before the account is deleted, and led back to that', async (t) => {
    const { site, anna } = await startWithAnna(t)
    site.clock.advance(TEN_MINUTES)
    await anna.follow('Delete account')
    await anna.sees('Confirm it is you', 'reauthenticate')
    await anna.fillIn({ Password: WRONG })
    await anna.press('Continue')
    await anna.isToldAt('Password', /not right/)
    await anna.sees('Confirm it is you', 'reauthenticate-wrong')
    await anna.fillIn({ Password: ANNA.password })
    await anna.press('Continue')
    await anna.sees('Delete your account?', 'delete-account')
    await anna.follow('Keep account')
    await anna.sees('Your account')
    await anna.follow('Delete account')
    await anna.press('Delete account for good')
    await anna.isTold('Your account is deleted, and all devices have been logged out.')
    await anna.sees('Welcome to Latchstring')
    await anna.page.goBack()
    await anna.sees('Log in')
    await anna.logIn()
    await anna.isTold('These login details are not right. Check them and try again.', 'alert')
    await anna.openOutbox()
    await anna.reads('Your Latchstring account was deleted')
  })

  test('is asked for the password before other browsers are logged out, and led back to their list', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const other = await logInElsewhere(t, site)
    site.clock.advance(TEN_MINUTES)
    await anna.follow('Devices')
    await anna.press('Log out all other devices')
    await anna.sees('Confirm it is you')
    await anna.fillIn({ Password: ANNA.password })
    await anna.press('Continue')
    await anna.sees('Your devices')
    await anna.press('Log out all other devices')
    await anna.isTold('All other devices have been logged out.')
    await isOut(other)
  })

  test('finds nothing of the account by the Back button after the log-out (C-09)', async (t) => {
    const { anna } = await startWithAnna(t)
    await anna.follow('Devices')
    await anna.follow('Activity')
    await anna.logOut()
    for (const path of ['/account/activity', '/account/sessions', '/account']) {
      const reply = await anna.page.goBack()
      const asked = reply?.request().redirectedFrom()?.url() ?? ''
      assert.equal(URL.parse(asked)?.pathname, path)
      await anna.sees('Log in')
      assert.doesNotMatch(await anna.page.content(), /anna/)
    }
  })

  test('is helped on by the page that was open when the session ended', async (t) => {
    const { site, anna } = await startWithAnna(t)
    const phone = await logInElsewhere(t, site, PHONE)
    await phone.follow('Devices')
    await phone.press('Log out all other devices')
    await anna.fillIn({ 'Current password': ANNA.password, 'New password': NEW_PASSWORD })
    await anna.press('Change password')
    await anna.sees('We did not accept this request', 'form-of-ended-session')
    await anna.reads('This form was open for too long. Nothing was changed: please send it again.')
    await anna.follow('Back to the start')
    await anna.follow('Log in')
    await anna.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await anna.press('Log in')
    await anna.sees('Your account')
  })

  test('is helped on by a tab that was open before the log-out, or before the log-in', async (t) => {
    const anna = await visit(t, await startForPeople(t))
    await anna.signUp()
    const tab = await anna.tab()
    await tab.goTo('/account')
    await anna.logOut()
    await tab.logOut()
    await tab.sees('We did not accept this request')
    await tab.goTo('/login')
    await anna.logIn()
    await tab.fillIn({ 'Email or username': ANNA.email, Password: ANNA.password })
    await tab.press('Log in')
    await tab.sees('We did not accept this request')
    await tab.follow('Back to the start')
    await tab.sees('Hello, anna')
  })
})
