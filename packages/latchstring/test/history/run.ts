import { type ChildProcess, fork } from 'node:child_process'
import { bundleOf } from '../bundle.ts'
import type { Operation } from './operations.ts'
import type { Place } from './stores.ts'

const NODES = 3

interface Told {
  readonly type: string
  readonly session?: unknown
  readonly history?: readonly Operation[]
}

/**
 * Runs three processes on one store, with operations that the seed decides, and returns what they saw. `onShare` is
 * called when all have opened the store, and each time that one has told the others of a token: so often until then.
 */
export async function runHistory(
  place: Place,
  seed: string,
  operations: number,
  onShare: (shared: number) => void = () => {},
): Promise<Operation[]> {
  const file = await bundleOf(new URL('./node-process.ts', import.meta.url))
  const nodes = Array.from({ length: NODES }, (_, index) =>
    startNode(file, place, `${seed} ${index}`, operations),
  )
  try {
    relaySessions(nodes, onShare)
    await Promise.all(nodes.map((node) => told(node, 'ready')))
    onShare(0)
    const finished = nodes.map((node) => told(node, 'finished'))
    for (const node of nodes) node.send({ userId: '', sessionId: '', token: '' })
    return (await Promise.all(finished)).flatMap(({ history = [] }) => history)
  } finally {
    for (const node of nodes) node.kill()
  }
}

function startNode(file: string, place: Place, seed: string, operations: number): ChildProcess {
  const count = String(Math.ceil(operations / NODES))
  return fork(file, [JSON.stringify(place), seed, count], { execArgv: [], serialization: 'advanced' })
}

/** A session that one node made is used by all of them. */
function relaySessions(nodes: readonly ChildProcess[], onShare: (shared: number) => void): void {
  let shared = 0
  for (const from of nodes) {
    from.on('message', ({ type, session }: Told) => {
      if (type !== 'session') return
      onShare(++shared)
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
