import { readFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'

/** Where and with what a run was made. */
export interface Machine {
  /** The day. */
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly system: string
  readonly versions: Readonly<Record<string, string>>
}

const PACKAGES = [
  'express',
  'fastify',
  'express-session',
  'connect-redis',
  'connect-pg-simple',
  '@fastify/session',
  'better-auth',
  'iron-session',
  'redis',
  'pg',
  'mysql2',
]

export function machineOf(servers: Readonly<Record<string, string>>): Machine {
  const processors = cpus()
  const packages = PACKAGES.map((name): [string, string] => [name, versionOf(name)])
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    system: `${type()} ${release()}`,
    versions: { 'Node.js': process.versions.node, ...servers, ...Object.fromEntries(packages) },
  }
}

/** Of the workspace's root; not every package lets its package.json be imported. */
function versionOf(name: string): string {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}
