import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { installPackages } from './servers/install.ts'
import type { MissingServer } from './servers/kinds.ts'
import { installArguments, mariadbArguments } from './servers/mariadb.ts'
import { freePorts, isFree } from './servers/ports.ts'
import { initdbArguments, postgres, postgresArguments } from './servers/postgres.ts'
import { findProgram, findPrograms, newestFirst, programFolders } from './servers/programs.ts'
import { redis, redisArguments } from './servers/redis.ts'
import { clusterOptions, createArguments } from './servers/redisCluster.ts'
import { sentinelSettings } from './servers/redisSentinel.ts'
import { notInstalled, notStarted } from './servers/start.ts'
import { Workplace } from './servers/workplace.ts'
import { givenServers, provideServers, skippedLine } from './servers.ts'

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchstring-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function addProgram(folder: string, name: string, script = 'exit 0'): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}

async function becomesTrue(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(10_000)
  while (!(await isTrue())) await delay(20, null, { signal: deadline })
}

suite('programs', () => {
  test('are looked for on the PATH first, then where servers usually are', () => {
    const folders = programFolders({ PATH: '/first::/second' })
    assert.deepEqual(folders.slice(0, 4), ['/first', '/second', '/usr/sbin', '/usr/local/sbin'])
    assert.equal(programFolders({})[0], '/usr/sbin')
  })

  test('of the newest PostgreSQL come first, by number', () => {
    const folders = ['/usr/lib/postgresql/9.6/bin', '/usr/lib/postgresql/15/bin']
    assert.deepEqual(newestFirst(folders), folders.toReversed())
  })

  test('are found in the first folder that has them, if they can be executed', (t) => {
    const [bare, full] = [temporaryFolder(t), temporaryFolder(t)]
    writeFileSync(join(bare, 'initdb'), '', { mode: 0o644 })
    assert.equal(findProgram('initdb', [bare]), null)
    const path = addProgram(full, 'initdb')
    assert.equal(findProgram('initdb', [bare, full]), path)
  })

  test('are all of one version, and all or none', (t) => {
    const [older, newer] = [temporaryFolder(t), temporaryFolder(t)]
    addProgram(older, 'postgres')
    assert.equal(findPrograms(['initdb', 'postgres'], [older, newer]), null)
    addProgram(newer, 'postgres')
    addProgram(newer, 'initdb')
    const found = findPrograms(['initdb', 'postgres'], [older, newer])
    assert.equal(found?.get('postgres'), join(newer, 'postgres'))
  })
})

suite('ports', () => {
  test('are free, different, and out of the range of outgoing connections', async () => {
    const ports = await freePorts(20)
    assert.equal(new Set(ports).size, 20)
    for (const port of ports) assert.ok(port >= 10_000 && port < 32_768 && (await isFree(port)))
  })

  test('in use are not free', async (t) => {
    const [port = 0] = await freePorts(1)
    const server = createServer().listen(port, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    assert.equal(await isFree(port), false)
  })
})

suite('arguments', () => {
  test('PostgreSQL listens on 127.0.0.1 only and trusts it', () => {
    assert.ok(initdbArguments('/data').includes('--auth=trust'))
    const args = postgresArguments('/data', 5000)
    assert.deepEqual(args.slice(0, 4), ['-D', '/data', '-p', '5000'])
    assert.ok(args.includes('listen_addresses=127.0.0.1') && args.includes('unix_socket_directories='))
  })

  test('MariaDB reads no settings of the machine', () => {
    assert.equal(installArguments('/data')[0], '--no-defaults')
    const args = mariadbArguments('/folder', 5000)
    assert.equal(args[0], '--no-defaults')
    assert.ok(args.includes('--bind-address=127.0.0.1') && args.includes('--port=5000'))
    assert.ok(args.includes('--socket=/folder/s.sock') && args.includes('--tmpdir=/folder'))
  })

  test('Redis stores nothing on disk and evicts nothing', () => {
    const line = redisArguments('/folder', 5000, ['--more', 'yes']).join(' ')
    assert.equal(
      line,
      '--bind 127.0.0.1 --port 5000 --dir /folder --save  --appendonly no --maxmemory-policy noeviction --more yes',
    )
  })

  test('a Redis Cluster has a replica for each master, and a bus port of its own for each node', () => {
    assert.ok(clusterOptions(6000).join(' ').includes('--cluster-port 6000'))
    const line = createArguments([1, 2]).join(' ')
    assert.equal(line, '--cluster create 127.0.0.1:1 127.0.0.1:2 --cluster-replicas 1 --cluster-yes')
  })

  test('two sentinels of three decide', () => {
    assert.match(
      sentinelSettings('/folder', 5000, 6000),
      /^sentinel monitor latchstring 127\.0\.0\.1 6000 2$/m,
    )
  })
})

suite('servers of the environment', () => {
  const environment = { LATCHSTRING_REDIS_URL: 'redis://elsewhere', LATCHSTRING_MYSQL_URL: '', PATH: '/bin' }

  test('are those whose variable has a value', () => {
    const given = givenServers(['redis', 'mysql', 'postgres'], environment)
    assert.deepEqual(given, { LATCHSTRING_REDIS_URL: 'redis://elsewhere' })
  })

  test('are taken instead of starting any', async () => {
    const servers = await provideServers(['redis'], environment)
    assert.deepEqual(servers.environment, { LATCHSTRING_REDIS_URL: 'redis://elsewhere' })
    assert.deepEqual(servers.missing, [])
    await servers.stop()
  })
})

suite('a missing server', () => {
  const assertLine = (server: MissingServer, line: string) => assert.equal(skippedLine(server), line)

  test('that is not installed says what to install', () => {
    assertLine(
      notInstalled(postgres, null),
      'skipped: PostgreSQL: initdb and postgres are not installed: install postgresql, or set LATCHSTRING_POSTGRES_URL',
    )
  })

  test('that could not be installed says why', () => {
    assertLine(
      notInstalled(redis, 'E: no network'),
      'skipped: Redis: redis-server is not installed, and apt-get could not (E: no network): install redis-server, or set LATCHSTRING_REDIS_URL',
    )
  })

  test('that does not start shows its last lines beside the one line', () => {
    const server = notStarted(redis, new Error('not ready after 20 s'), 'port in use')
    assertLine(
      server,
      'skipped: Redis: it did not start (not ready after 20 s): install a redis-server that starts, or set LATCHSTRING_REDIS_URL',
    )
    assert.match(server.log, /^Redis did not start: not ready after 20 s\. Its last lines:\nport in use$/)
  })
})

suite('installing', { skip: process.platform === 'win32' }, () => {
  const callsIn = (folder: string) => readFileSync(join(folder, 'calls'), 'utf8')

  test('updates, then installs without questions, while no service may start', async (t) => {
    const folder = temporaryFolder(t)
    const policy = join(folder, 'policy')
    const script = `echo "$DEBIAN_FRONTEND $* $(${policy}; echo $?)" >> ${folder}/calls`
    assert.equal(await installPackages(['a', 'b'], addProgram(folder, 'apt-get', script), policy), null)
    const [update, install] = callsIn(folder).split('\n')
    assert.match(update ?? '', /^noninteractive .*update -qq 101$/)
    assert.match(install ?? '', /^noninteractive .*install -y -qq --no-install-recommends a b 101$/)
    assert.equal(existsSync(policy), false)
  })

  test('leaves the policy of the machine alone', async (t) => {
    const folder = temporaryFolder(t)
    const policy = addProgram(folder, 'policy', 'exit 7')
    await installPackages(['a'], addProgram(folder, 'apt-get'), policy)
    assert.match(readFileSync(policy, 'utf8'), /exit 7/)
  })

  test('says in one line what went wrong', async (t) => {
    const folder = temporaryFolder(t)
    const script = 'echo "E: Unable to locate package a" >&2; exit 100'
    const problem = await installPackages(
      ['a'],
      addProgram(folder, 'apt-get', script),
      join(folder, 'policy'),
    )
    assert.equal(problem, 'E: Unable to locate package a')
  })
})

suite('a workplace', { skip: process.platform === 'win32' }, () => {
  function createWorkplace(t: TestContext): Workplace {
    const workplace = new Workplace(new Map([['server', '/bin/sh']]), 'SIGTERM', 300)
    t.after(() => workplace.stop())
    return workplace
  }

  test('waits until a server says that it is ready', async (t) => {
    await createWorkplace(t).serve('server', ['-c', 'echo almost; echo ready; sleep 60'], /^ready$/)
  })

  test('keeps the last lines of a server that ends too early', async (t) => {
    const workplace = createWorkplace(t)
    const serving = workplace.serve('server', ['-c', 'seq 60; echo no disk >&2; exit 1'], /ready/)
    await assert.rejects(serving, /server ended before it was ready/)
    assert.match(workplace.lastLines, /no disk/)
    assert.equal(workplace.lastLines.split('\n').length, 40)
  })

  test('once stopped, has ended all processes and their children, and starts none', async (t) => {
    const workplace = createWorkplace(t)
    const [port = 0] = await freePorts(1)
    const listen = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('ready'))`
    await workplace.serve('server', ['-c', `"${process.execPath}" -e "${listen}"; true`], /ready/)
    await workplace.stop()
    await becomesTrue(() => isFree(port))
    assert.equal(existsSync(workplace.folder), false)
    await assert.rejects(workplace.run('server', ['-c', 'true']), /not started any more/)
  })

  test('ends a server that does not listen to its signal', async (t) => {
    const workplace = createWorkplace(t)
    await workplace.serve('server', ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"], /ready/)
    await workplace.stop()
  })
})

const hasRedis = findPrograms(redis.programs) !== null
const where = hasRedis ? '' : ' (skipped: redis-server is not installed)'

suite(`a real Redis${where}`, { skip: !hasRedis }, () => {
  async function answerOf(url: string, command: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(`${command}\r\n`)
    const [answer] = await once(socket, 'data')
    socket.destroy()
    return String(answer)
  }

  async function isGone(url: string): Promise<boolean> {
    return isFree(Number(new URL(url).port))
  }

  test('answers until it is stopped, and leaves no folder behind', async () => {
    const { environment, missing, stop } = await provideServers(['redis'], {})
    const { LATCHSTRING_REDIS_URL: url = '' } = environment
    assert.deepEqual(missing, [])
    assert.equal(await answerOf(url, 'PING'), '+PONG\r\n')
    const folder = (await answerOf(url, 'CONFIG GET dir')).split('\r\n').at(4) ?? ''
    assert.ok(existsSync(folder), folder)
    await stop()
    assert.ok(await isGone(url))
    assert.equal(existsSync(folder), false)
    await stop()
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    test(`ends with a parent that ended by ${signal}`, async (t) => {
      const parent = startParent(t)
      const [line] = await once(parent.stdout ?? parent, 'data')
      const url = String(line).trim()
      assert.equal(await isGone(url), false)
      parent.kill(signal)
      await once(parent, 'exit')
      await becomesTrue(() => isGone(url))
    })
  }

  function startParent(t: TestContext): ChildProcess {
    const servers = new URL('./servers.ts', import.meta.url).href
    const script = `
      const { provideServers } = await import('${servers}')
      const { environment } = await provideServers(['redis'], {})
      console.log(environment.LATCHSTRING_REDIS_URL)
    `
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script])
    t.after(() => parent.kill('SIGKILL'))
    return parent
  }
})

suite('npm test', { skip: process.platform === 'win32' }, () => {
  const OTHERS = {
    LATCHSTRING_POSTGRES_URL: 'postgresql://elsewhere',
    LATCHSTRING_MYSQL_URL: 'mysql://elsewhere',
    LATCHSTRING_REDIS_CLUSTER_URL: 'redis://elsewhere',
  }
  const SKIPPED =
    'skipped: Redis: redis-server is not installed: install redis-server, or set LATCHSTRING_REDIS_URL'

  /** An empty PATH: no Redis is found there, and nothing that could install one. */
  function runTests(
    t: TestContext,
    body: string,
    environment: Record<string, string> = {},
    name = 'a.test.ts',
  ) {
    const file = join(temporaryFolder(t), name)
    writeFileSync(file, `import { test } from 'node:test'\n${body}\n`)
    const { status, stdout } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('./test.ts', import.meta.url)), file],
      {
        encoding: 'utf8',
        env: { PATH: '', ...OTHERS, ...environment },
      },
    )
    return { status, lines: stdout.trimEnd().split('\n') }
  }

  const PASSING = "test('passes', () => { process.env.LATCHSTRING_REDIS_CLUSTER_URL.at(0) })"

  test('passes on where the servers are, and says last which one was missing', (t) => {
    const { status, lines } = runTests(t, PASSING)
    assert.equal(status, 0)
    assert.equal(lines.at(-1), SKIPPED)
    assert.ok(lines.includes('ℹ pass 1'))
  })

  test('does the same for a nightly file', (t) => {
    const { status, lines } = runTests(t, PASSING, {}, 'a.nightly.ts')
    assert.equal(status, 0)
    assert.equal(lines.at(-1), SKIPPED)
    assert.ok(lines.includes('ℹ pass 1'))
  })

  test('fails for a missing server where all are required', (t) => {
    const { status, lines } = runTests(t, PASSING, { LATCHSTRING_REQUIRE_SERVERS: '1' })
    assert.equal(status, 1)
    assert.equal(lines.at(-1), SKIPPED)
  })

  test('has the status of the tests', (t) => {
    const failing = "test('fails LATCHSTRING_REDIS_URL', () => { throw new Error('no') })"
    const { status, lines } = runTests(t, failing)
    assert.equal(status, 1)
    assert.equal(lines.at(-1), SKIPPED)
  })

  test('starts nothing for files that need no server', (t) => {
    const { status, lines } = runTests(t, "test('passes', () => {})", { LATCHSTRING_REQUIRE_SERVERS: '1' })
    assert.equal(status, 0)
    assert.match(lines.at(-1) ?? '', /^ℹ duration_ms/)
  })
})
