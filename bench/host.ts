// The process of one contestant: node host.ts <file>, with its work in the environment.

import { once } from 'node:events'
import { countHashes, hashCount } from './hashes.ts'
import { heapInUse } from './heap.ts'
import type { HostMessage, HostQuestion } from './protocol.ts'
import { queryCounts } from './queries.ts'
import type { Contestant, Work } from './work.ts'

countHashes()
const [, , file = ''] = process.argv
const { default: contestant }: { default: Contestant } = await import(file)
const { BENCH_WORK = '' } = process.env
const work: Work = JSON.parse(BENCH_WORK)
const server = await contestant(work)
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
tell({ port: address.port })
process.on('message', (question: HostQuestion) => {
  tell({ ...queryCounts(), hashes: hashCount(), heap: question === 'heap' ? heapInUse() : 0 })
})
process.on('disconnect', () => process.exit())

function tell(message: HostMessage): void {
  process.send?.(message)
}
