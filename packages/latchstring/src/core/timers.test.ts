import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TimerQueue } from './timers.ts'

const MODULE = new URL('./timers.ts', import.meta.url).href

function queueOf(milliseconds: number) {
  let emptied = 0
  const queue = new TimerQueue(milliseconds, () => emptied++)
  return { queue, emptied: () => emptied }
}

test('calls come in their order, each when its own time is over', async () => {
  const { queue } = queueOf(30)
  const came: [string, number][] = []
  const add = (name: string) => {
    const addedAt = performance.now()
    queue.add(() => came.push([name, performance.now() - addedAt]))
  }
  add('first')
  await sleep(15)
  add('second')
  add('third')
  await sleep(80)
  assert.deepEqual(
    came.map(([name]) => name),
    ['first', 'second', 'third'],
  )
  for (const [name, waited] of came) assert.ok(waited >= 30, `${name} came after ${waited} ms`)
})

test('a call that was cancelled never comes, wherever it stood, and the others do', async () => {
  const { queue } = queueOf(5)
  const came: number[] = []
  const cancels = [0, 1, 2, 3, 4].map((number) => queue.add(() => came.push(number)))
  for (const number of [0, 2, 4, 2]) cancels[number]?.()
  await sleep(30)
  assert.deepEqual(came, [1, 3])
  cancels[1]?.()
})

test('a call may ask for the next one, and one that throws stops nobody else', async (t) => {
  const { queue, emptied } = queueOf(5)
  const came: string[] = []
  const thrown: unknown[] = []
  const note = (error: unknown) => thrown.push(error)
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', note)
  t.after(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  queue.add(() => queue.add(() => came.push('next')))
  queue.add(() => {
    throw new Error('of a call')
  })
  queue.add(() => came.push('other'))
  await sleep(50)
  assert.deepEqual(came, ['other', 'next'])
  assert.equal(thrown.length, 1)
  assert.equal(emptied(), 1)
})

test('the process is kept alive for a call that is to come, and not for one that was cancelled', () => {
  const run = (milliseconds: number, lines: string) => {
    const program = `import { TimerQueue } from '${MODULE}'\nconst queue = new TimerQueue(${milliseconds}, () => {})\n${lines}`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 20_000,
    })
    return { status, printed: stdout.toString().trim() }
  }
  const came = `queue.add(() => console.log('came'))`
  assert.deepEqual(run(100, came), { status: 0, printed: 'came' })
  assert.deepEqual(run(100, `${came}(); ${came}`), { status: 0, printed: 'came' })
  assert.deepEqual(run(60_000, `${came}()`), { status: 0, printed: '' })
})
