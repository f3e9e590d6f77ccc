import { type ChildProcess, fork } from 'node:child_process'
import type { Operation } from './operations.ts'
import type { Place } from './stores.ts'

const NODES = 3

interface Told {
  readonly type: string
  readonly session?: unknown
  readonly history?: readonly Operation[]
}

/** Runs three processes on one store, with operations that the seed decides, and returns what they saw. */
export async function runHistory(place: Place, seed: string, operations: number): Promise<Operation[]> {
  const nodes = Array.from({ length: NODES }, (_, index) => startNode(place, `${seed} ${index}`, operations))
  try {
    relaySessions(nodes)
    await Promise.all(nodes.map((node) => told(node, 'ready')))
    const finished = nodes.map((node) => told(node, 'finished'))
    for (const node of nodes) node.send({ userId: '', sessionId: '', token: '' })
    return (await Promise.all(finished)).flatMap(({ history = [] }) => history)
  } finally {
    for (const node of nodes) node.kill()
  }
}

function startNode(place: Place, seed: string, operations: number): ChildProcess {
  const count = String(Math.ceil(operations / NODES))
  const file = new URL('./node-process.ts', import.meta.url)
  return fork(file, [JSON.stringify(place), seed, count], { execArgv: [], serialization: 'advanced' })
}

/** A session that one node made is used by all of them. */
function relaySessions(nodes: readonly ChildProcess[]): void {
  for (const from of nodes) {
    from.on('message', ({ type, session }: Told) => {
      if (type !== 'session') return
      for (const to of nodes) if (to !== from && to.connected) to.send(Object(session))
    })
  }
}

function told(node: ChildProcess, type: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    node.on('message', (message: Told) => {
      if (message.type === type) resolve(message)
    })
    node.once('exit', (code) => reject(new Error(`a node of the run ended early, with code ${code}`)))
  })
}
