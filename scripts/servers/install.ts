import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram } from './programs.ts'

const run = promisify(execFile)

const PATIENCE = 300_000

/** Read by Debian's package scripts before they start a service. */
const POLICY_FILE = '/usr/sbin/policy-rc.d'
const START_NOTHING = '#!/bin/sh\nexit 101\n'

/** Only root on Debian or Ubuntu can install without asking. */
export function findInstaller(): string | null {
  return process.getuid?.() === 0 ? findProgram('apt-get') : null
}

/** Returns what went wrong, or null. */
export async function installPackages(
  packages: readonly string[],
  aptGet: string,
  policyFile: string = POLICY_FILE,
): Promise<string | null> {
  const letServicesStart = keepServicesStopped(policyFile)
  try {
    await runApt(aptGet, ['update', '-qq']).catch(() => {}) // the packages may be at hand all the same
    await runApt(aptGet, ['install', '-y', '-qq', '--no-install-recommends', ...packages])
    return null
  } catch (error) {
    return problemIn(error)
  } finally {
    letServicesStart()
  }
}

/** The tests start servers of their own: the distribution's would only occupy the usual ports. */
function keepServicesStopped(policyFile: string): () => void {
  try {
    writeFileSync(policyFile, START_NOTHING, { flag: 'wx', mode: 0o755 })
    return () => rmSync(policyFile)
  } catch {
    return () => {} // the machine has a policy already
  }
}

async function runApt(aptGet: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Another run may be installing at this moment.
  await run(aptGet, ['-o', 'DPkg::Lock::Timeout=120', ...args], { env, timeout: PATIENCE })
}

function problemIn(error: unknown): string {
  const lines = String(error)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.findLast((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? 'no reason given'
}
