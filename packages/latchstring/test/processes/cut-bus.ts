import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../bus-listener.ts'
import type { Weather } from '../faults/proxy.ts'
import type { Crew } from './crew.ts'
import type { Login } from './member-process.ts'

/** What three caches owe when their bus breaks. */
export function testCutBus(crewOf: () => Crew, ttl: number): void {
  test('accept a session whose end they were not told of for less than the ttl (S-12)', async () => {
    const crew = crewOf()
    const [ender, ...others] = crew.members
    const login = await logIn(crew, 'not told')
    setWeather(crew, 'stall')
    await ender.ask('end', 'log out', login)
    await crew.truth.assertDead(login, [login.token], 'ended')
    assert.equal(await ender.ask('isAccepted', login, login.token), false)
    for (const member of others) {
      assert.equal(await member.ask('isAccepted', login, login.token), true, 'the message was not lost')
      await member.ask('ageCache', ttl)
      assert.equal(await member.ask('isAccepted', login, login.token), false)
    }
  })

  test('hold nothing while the bus is away, nor what they held before once it is back (S-12)', async () => {
    const crew = crewOf()
    const [ender, ...others] = crew.members
    setWeather(crew, 'fair')
    await untilAll(crew, true)
    const login = await logIn(crew, 'away')
    setWeather(crew, 'refuse')
    await untilAll(crew, false)
    await ender.ask('end', 'log out', login)
    const [asksWhileAway, asksAfterwards] = others
    assert.equal(await asksWhileAway?.ask('isAccepted', login, login.token), false)
    setWeather(crew, 'fair')
    await untilAll(crew, true)
    assert.equal(await asksAfterwards?.ask('isAccepted', login, login.token), false)
  })

  test('hear each other again once it is back (S-12)', async () => {
    const crew = crewOf()
    const [ender, ...others] = crew.members
    await until(() => ender.ask('canPublish'), 'the connection for messages is back too')
    const login = await logIn(crew, 'back')
    const { marks } = await ender.askMarked('end', 'log out', login)
    assert.notDeepEqual(marks, [])
    for (const member of others) {
      await member.heard(marks)
      assert.equal(await member.ask('isAccepted', login, login.token), false)
    }
  })
}

/** A session that every process holds in its cache. */
async function logIn({ members }: Crew, userId: string): Promise<Login> {
  const login = await members[0].ask('logIn', userId, false)
  for (const member of members) {
    await member.ask('isAccepted', login, login.token)
    const before = await member.ask('stats')
    assert.equal(await member.ask('isAccepted', login, login.token), true)
    const after = await member.ask('stats')
    assert.equal(Number(after?.hits) - Number(before?.hits), 1, 'it was answered from the cache')
  }
  return login
}

function setWeather({ network }: Crew, weather: Weather): void {
  assert.ok(network !== null)
  network.turn(weather)
}

async function untilAll({ members }: Crew, isConnected: boolean): Promise<void> {
  for (const member of members) {
    const hasChanged = async () => (await member.ask('stats'))?.isConnected === isConnected
    await until(hasChanged, `the bus is ${isConnected ? 'up' : 'down'}`)
  }
}
