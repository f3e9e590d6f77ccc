import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Plan, Sample } from './traffic.ts'

const WORKER = fileURLToPath(new URL('soak-worker.ts', import.meta.url))
/** The first fifth fills caches, compiles code and lets the crowd gather. */
const WARM_UP = 0.2

/** Runs the traffic in a process of its own. */
export async function soak(t: TestContext, plan: Plan, shown: number): Promise<Sample[]> {
  const { days, requests, seed, samples: looks } = plan
  const options = ['--expose-gc', '--conditions=latchstring-source', WORKER]
  const child = spawn(process.execPath, [...options, String(days), String(requests), seed, String(looks)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill())
  const exit = once(child, 'exit')
  const samples: Sample[] = []
  for await (const line of createInterface(child.stdout)) {
    const sample: Sample = JSON.parse(line)
    samples.push(sample)
    if (samples.length % shown === 0) t.diagnostic(progress(sample))
  }
  assert.deepEqual(await exit, [0, null])
  return samples.slice(Math.floor(samples.length * WARM_UP))
}

function progress({ day, requests, heap, rows }: Sample): string {
  return `day ${day.toFixed(0)}, ${requests} requests, ${(heap / 1e6).toFixed(2)} MB, ${rows} rows`
}

/** What must be so at every look, whatever the size of the run. */
export function checkSteady(samples: readonly Sample[], seed: string): void {
  const [first] = samples
  assert.ok(first !== undefined && samples.length >= 20, 'there is too little to compare')
  for (const { timers, resources, leftOver, day } of samples) {
    const when = `on day ${day} of SEED=${seed}`
    assert.equal(timers, first.timers, `timers ${when}`)
    assert.equal(resources, first.resources, `handles ${when}`)
    assert.equal(leftOver, 0, `rows that outlive a sweep ${when}`)
  }
}

/**
 * By how much the heap grows, in MB for a million requests: the plane that fits the samples best, over requests and
 * rows. How many people are there at a look is chance, and what their rows take is no leak.
 */
export function heapSlope(samples: readonly Sample[]): number {
  const requests = centred(samples.map((sample) => sample.requests))
  const rows = centred(samples.map((sample) => sample.rows))
  const heap = centred(samples.map((sample) => sample.heap))
  const shared = dot(requests, rows)
  const above = dot(requests, heap) * dot(rows, rows) - dot(rows, heap) * shared
  return above / (dot(requests, requests) * dot(rows, rows) - shared ** 2)
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.map((value) => value - mean)
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
}
