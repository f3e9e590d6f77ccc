// A process of its own, so that its heap holds nothing else. Prints one line of JSON for each sample.

import { simulate } from './traffic.ts'

const [days = '7', requests = '100000', seed = '1', samples = '40'] = process.argv.slice(2)

const plan = { days: Number(days), requests: Number(requests), seed, samples: Number(samples) }
await simulate(plan, (sample) => {
  process.stdout.write(`${JSON.stringify(sample)}\n`)
})
