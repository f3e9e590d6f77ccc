import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payouts } from '../../../../docs/examples/step-up.ts'
import { ANNA, codeOf, PAGE, startAccounts } from '../accounts/site.ts'

const FIVE_MINUTES = 5 * 60_000

test('the program of docs/step-up.md asks those again who authenticated too long ago', async (t) => {
  const site = await startAccounts(t, { addRoutes: (app, { auth }) => app.use('/payouts', payouts(auth)) })
  const browser = await site.member()
  assert.equal((await browser.get('/payouts')).status, 200)
  site.clock.advance(FIVE_MINUTES)

  const refused = await browser.post('/payouts', { account: 'other' })
  assert.deepEqual([refused.status, codeOf(refused)], [401, 'insufficient_user_authentication'])
  assert.equal(
    refused.headers['www-authenticate'],
    'Session error="insufficient_user_authentication", max_age=300',
  )
  const away = await browser.get('/payouts?page=2', PAGE)
  assert.equal(away.headers.location, '/account/reauthenticate?returnTo=%2Fpayouts%3Fpage%3D2')
  assert.match((await browser.get(away.headers.location ?? '', PAGE)).body, /value="\/payouts\?page=2"/)

  assert.equal((await browser.post('/account/reauthenticate', { password: ANNA.password })).status, 200)
  const sent = await browser.post('/payouts', { account: 'other' })
  assert.deepEqual([sent.status, JSON.parse(sent.body)], [202, { message: 'On its way', to: 'other' }])
  assert.equal((await site.browser().get('/payouts')).status, 401)
})

test('a wrong password makes nothing fresh, and after ten the next is not looked at', async (t) => {
  const site = await startAccounts(t)
  const browser = await site.member()
  const again = (password: string) => browser.post('/account/reauthenticate', { password })
  for (let tries = 0; tries < 10; tries++) assert.equal((await again('wrong wrong wrong')).status, 401)
  assert.equal((await again(ANNA.password)).status, 429)
})

for (const returnTo of ['//evil.example', 'https://evil.example/', '/\\evil.example']) {
  test(`after the reauthentication page nobody is led to ${returnTo} (W-09)`, async (t) => {
    const site = await startAccounts(t)
    const browser = await site.member()
    const path = `/account/reauthenticate?returnTo=${encodeURIComponent(returnTo)}`
    assert.match((await browser.get(path, PAGE)).body, /name="returnTo" value="\/account"/)
  })
}
