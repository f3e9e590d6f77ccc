// npm run bench, npm run bench -- --rounds 3 --slot 500 --only latchstringMemory,expressSessionMemory

import { machineOf } from './machine.ts'
import { writePage } from './page.ts'
import { planFrom } from './plan.ts'
import { type Results, resultsOf, saveResults } from './results.ts'
import { runPlan } from './runPlan.ts'
import { costTable, rowsAt, singleTable, verdictTable } from './table.ts'

function print(results: Results, connections: readonly number[]): void {
  for (const count of connections)
    console.log(`\n${count} connections\n\n${costTable(rowsAt(results, count))}`)
  console.log(`\n1 connection\n\n${singleTable(rowsAt(results, 1))}`)
  console.log(`\n${verdictTable(results.verdicts)}`)
}

const plan = planFrom(process.argv.slice(2))
const run = await runPlan(plan)
const results = resultsOf(plan, run, machineOf(run.versions))
print(results, plan.connections)
if (plan.isWhole) {
  saveResults('requests', results)
  writePage()
}
