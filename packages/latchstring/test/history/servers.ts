import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'node:test'
import { KINDS, type ServerKind } from '../../../../scripts/servers/kinds.ts'
import { FaultyNetworks } from '../faults/proxy.ts'
import { createDatabase, describeWith, serverUrl } from '../servers.ts'
import type { CachePlace, Place } from './stores.ts'

/** A place that holds nothing yet. */
export interface MadePlace<P extends Place = Place> {
  readonly place: P
  remove(): Promise<void>
}

export interface CachedPlace extends Place {
  readonly cache: CachePlace
}

type Kind = Place['kind']

/** The stores that processes can share. Memory belongs to one process: its own tests let nodes race within it. */
const SHARED: readonly Kind[] = ['sqlite', 'postgres', 'mysql', 'redis', 'redis-cluster']

/** SQLite and MariaDB have no messages of their own. */
const BUS_SERVERS: Readonly<Record<Kind, 'postgres' | 'redis' | 'redis-cluster'>> = {
  sqlite: 'redis',
  postgres: 'postgres',
  mysql: 'redis',
  redis: 'redis',
  'redis-cluster': 'redis-cluster',
}

/** One suite for each store that processes can share. */
export function describePlaces(
  nameOf: (title: string) => string,
  fn: (make: () => Promise<MadePlace>) => void,
): void {
  for (const kind of SHARED) {
    describeWithAll(serversOf(kind), nameOf(titleOf(kind)), () => fn(() => makePlace(kind)))
  }
}

/** The same behind `cached`, whose entries are never older than `ttl` milliseconds. */
export function describeCachedPlaces(
  ttl: number,
  nameOf: (title: string) => string,
  fn: (make: () => Promise<MadePlace<CachedPlace>>) => void,
): void {
  for (const kind of SHARED) describeCachedPlace(kind, ttl, nameOf, fn)
}

export function describeCachedPlace(
  kind: Kind,
  ttl: number,
  nameOf: (title: string) => string,
  fn: (make: () => Promise<MadePlace<CachedPlace>>) => void,
): void {
  const servers = [...serversOf(kind), BUS_SERVERS[kind]]
  describeWithAll(servers, nameOf(`${titleOf(kind)} behind a cache`), () => {
    fn(async () => withCache(await makePlace(kind), ttl))
  })
}

/**
 * One suite for each store. What holds behind a cache is to be tested within `behindCache`, which is skipped if there
 * is no server for the bus: only then the place has no cache.
 */
export function describePlacesAndCaches(
  ttl: number,
  fn: (make: () => Promise<MadePlace>, behindCache: (fn: () => void) => void) => void,
): void {
  for (const kind of SHARED) {
    const bus = BUS_SERVERS[kind]
    const make = async () =>
      serverUrl(bus) === null ? makePlace(kind) : withCache(await makePlace(kind), ttl)
    describeWithAll(serversOf(kind), titleOf(kind), () => {
      fn(make, (inner) => describeWithAll([bus], 'behind a cache', inner))
    })
  }
}

function titleOf(kind: Kind): string {
  return kind === 'sqlite' ? 'SQLite' : KINDS[kind].title
}

function serversOf(kind: Kind): ServerKind[] {
  return kind === 'sqlite' ? [] : [kind]
}

function describeWithAll(kinds: readonly ServerKind[], name: string, fn: () => void): void {
  const missing = kinds.find((kind) => serverUrl(kind) === null)
  if (missing === undefined) suite(name, { concurrency: 1 }, fn)
  else describeWith(missing, name, fn)
}

async function makePlace(kind: Kind): Promise<MadePlace> {
  if (kind === 'sqlite') return makeFile()
  if (kind === 'postgres' || kind === 'mysql') {
    const { url, drop } = await createDatabase(kind)
    return { place: { kind, url, prefix: '' }, remove: drop }
  }
  return { place: { kind, url: serverUrl(kind) ?? '', prefix: `${randomUUID()}:` }, remove: async () => {} }
}

async function makeFile(): Promise<MadePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-'))
  return {
    place: { kind: 'sqlite', url: join(folder, 'sessions.db'), prefix: '' },
    remove: async () => rmSync(folder, { recursive: true }),
  }
}

function withCache({ place, remove }: MadePlace, ttl: number): MadePlace<CachedPlace> {
  return { place: { ...place, cache: cacheOf(place, ttl) }, remove }
}

function cacheOf({ kind, url }: Place, ttl: number): CachePlace {
  const channel = `bus_${randomUUID().replaceAll('-', '')}`
  const server = BUS_SERVERS[kind]
  if (server === 'postgres') return { bus: 'postgres', url, channel, ttl }
  // In a cluster any one node will do.
  const [node = ''] = (serverUrl(server) ?? '').split(',')
  return { bus: 'redis', url: node, channel, ttl }
}

/** The same cache, with a network before its bus that a test can break. */
export async function withFragileBus(
  cache: CachePlace,
): Promise<{ readonly cache: CachePlace; readonly network: FaultyNetworks }> {
  const network = await FaultyNetworks.to(cache.url)
  const [url = ''] = network.urls
  return { cache: { ...cache, url }, network }
}
