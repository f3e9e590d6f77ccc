// Runs beside the tests and owns the servers, so that they end when the tests do, whichever way that happens:
// the channel to the parent closes even if the parent was killed.

import { isServerKind } from './kinds.ts'
import { startServers } from './start.ts'
import type { Workplace } from './workplace.ts'

const workplaces = new Set<Workplace>()
let isEnding = false

const started = startServers(process.argv.slice(2).filter(isServerKind), (workplace) => {
  workplaces.add(workplace)
  if (isEnding) void workplace.stop()
})

for (const reason of ['disconnect', 'SIGINT', 'SIGTERM', 'SIGHUP']) process.on(reason, () => void end())
if (!process.connected) void end()

try {
  const report = await started
  // The parent may have gone a moment ago: that is no error here.
  if (process.connected) process.send?.(report, undefined, undefined, () => {})
} catch (error) {
  console.error(error)
  await end(1)
}

async function end(status = 0): Promise<void> {
  if (isEnding) return
  isEnding = true
  await stopAll()
  // An installation is left to finish: cut off, it would leave the system's packages broken.
  await started.catch(() => {})
  await stopAll()
  process.exit(status)
}

async function stopAll(): Promise<void> {
  await Promise.all([...workplaces].map((workplace) => workplace.stop()))
}
