import { findInstaller, installPackages } from './install.ts'
import { KINDS, type MissingServer, type Report, type ServerKind } from './kinds.ts'
import { mariadb } from './mariadb.ts'
import { postgres } from './postgres.ts'
import { findPrograms } from './programs.ts'
import type { Recipe } from './recipe.ts'
import { redis } from './redis.ts'
import { redisCluster } from './redisCluster.ts'
import { redisSentinel } from './redisSentinel.ts'
import { Workplace } from './workplace.ts'

const RECIPES: readonly Recipe[] = [postgres, mariadb, redis, redisCluster, redisSentinel]

const START_DEADLINE = 20_000

/** Starts all that it can, at the same time; every workplace is registered before anything runs in it. */
export async function startServers(
  kinds: readonly ServerKind[],
  register: (workplace: Workplace) => void,
): Promise<Report> {
  const recipes = RECIPES.filter(({ kind }) => kinds.includes(kind))
  const problem = await installMissing(recipes)
  const results = await Promise.all(recipes.map((recipe) => startOne(recipe, problem, register)))
  return {
    environment: Object.assign({}, ...results.map(({ environment }) => environment)),
    missing: results.flatMap(({ missing }) => missing),
  }
}

async function installMissing(recipes: readonly Recipe[]): Promise<string | null> {
  const lacking = recipes.filter(({ programs }) => findPrograms(programs) === null)
  const packages = [...new Set(lacking.map(({ debianPackage }) => debianPackage))]
  const installer = findInstaller()
  if (packages.length === 0 || installer === null) return null
  console.error(`Installing ${packages.join(', ')} for the tests: this takes a minute, once.`)
  return installPackages(packages, installer)
}

async function startOne(
  recipe: Recipe,
  installProblem: string | null,
  register: (workplace: Workplace) => void,
): Promise<Report> {
  const programs = findPrograms(recipe.programs)
  if (programs === null) return { environment: {}, missing: [notInstalled(recipe, installProblem)] }
  const workplace = new Workplace(programs, recipe.stopSignal)
  register(workplace)
  try {
    const url = await inTime(recipe.start(workplace))
    return { environment: { [KINDS[recipe.kind].variable]: url }, missing: [] }
  } catch (error) {
    await workplace.stop()
    return { environment: {}, missing: [notStarted(recipe, error, workplace.lastLines)] }
  }
}

async function inTime<T>(start: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready after ${START_DEADLINE / 1000} s`)), START_DEADLINE)
  })
  return Promise.race([start, late]).finally(() => clearTimeout(timer))
}

export function notInstalled(
  { kind, programs, debianPackage }: Recipe,
  installProblem: string | null,
): MissingServer {
  const names = programs.join(' and ')
  const reason = `${names} ${programs.length > 1 ? 'are' : 'is'} not installed`
  return {
    kind,
    reason: installProblem === null ? reason : `${reason}, and apt-get could not (${installProblem})`,
    install: `${debianPackage}, or set ${KINDS[kind].variable}`,
    log: '',
  }
}

export function notStarted({ kind, debianPackage }: Recipe, error: unknown, log: string): MissingServer {
  const reason = error instanceof Error ? error.message : String(error)
  const { title, variable } = KINDS[kind]
  return {
    kind,
    reason: `it did not start (${reason})`,
    install: `a ${debianPackage} that starts, or set ${variable}`,
    log: `${title} did not start: ${reason}. Its last lines:\n${log}`,
  }
}
