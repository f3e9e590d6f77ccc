import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTESTANTS } from './contestants.ts'
import { Measurements } from './measurements.ts'
import type { Measurement } from './race.ts'

function slot(id: string, round: number, cpu: number, requestsPerSecond = 1_000): Measurement {
  const rest = { connections: 32, p50: 1, p99: 2, trips: 0, writes: 0, setCookieBytes: 0 }
  return { id, round, cpu, requestsPerSecond, ...rest }
}

function measurementsOf(...slots: Measurement[]): Measurements {
  return new Measurements(CONTESTANTS, slots)
}

test('what a contestant adds is compared with the bare framework of the same round', () => {
  const measurements = measurementsOf(
    slot('latchstringMemory', 2, 50),
    slot('bareExpress', 1, 20),
    slot('latchstringMemory', 1, 26),
    slot('bareExpress', 2, 40),
  )
  assert.deepEqual(measurements.added('latchstringMemory', 32), [6, 10])
  assert.deepEqual(measurements.added('bareExpress', 32), [0, 0])
})

test('a contestant on Fastify is compared with Fastify', () => {
  const measurements = measurementsOf(
    slot('bareExpress', 1, 20),
    slot('bareFastify', 1, 10),
    slot('fastifySessionMemory', 1, 24, 500),
  )
  assert.deepEqual(measurements.added('fastifySessionMemory', 32), [14])
  assert.deepEqual(measurements.throughput('fastifySessionMemory', 32), [0.5])
})

test('a share is taken round by round, so that a loud round does not count more', () => {
  const measurements = measurementsOf(
    slot('bareExpress', 1, 20),
    slot('expressSessionMemory', 1, 60),
    slot('latchstringMemory', 1, 28),
    slot('thinnestMemory', 1, 24),
    slot('bareExpress', 2, 40),
    slot('expressSessionMemory', 2, 140),
    slot('latchstringMemory', 2, 70),
    slot('thinnestMemory', 2, 60),
  )
  assert.deepEqual(measurements.shares('latchstringMemory', 'expressSessionMemory', 32), [0.2, 0.3])
  const excess = measurements.excess('latchstringMemory', 'thinnestMemory', 'expressSessionMemory', 32)
  assert.deepEqual(
    excess.map((share) => share.toFixed(2)),
    ['0.10', '0.10'],
  )
})

test('several slots of one round count as their mean', () => {
  const measurements = measurementsOf(
    slot('bareExpress', 1, 10),
    slot('bareExpress', 1, 20),
    slot('bareExpress', 1, 30),
    slot('latchstringMemory', 1, 25),
  )
  assert.deepEqual(measurements.added('latchstringMemory', 32), [5])
  assert.equal(measurements.of('bareExpress', 32).length, 1)
})

test('what did not run has no figures', () => {
  const measurements = measurementsOf(slot('bareExpress', 1, 10))
  assert.equal(measurements.has('latchstringRedis', 32), false)
  assert.equal(measurements.has('bareExpress', 4), false)
  assert.ok(Number.isNaN(measurements.medianOf('latchstringRedis', 32, 'trips')))
})
