import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './errorCode.ts'
import { keysIn, SettingError, type Settings } from './settings.ts'

const FILE = 'data/latchstring.keys'
const KEY_BYTES = 32

/**
 * The settings with keys: where development has set none, those of a file that is made once. Nothing signs with them
 * yet.
 * @throws SettingError if the file cannot be made, or holds no keys.
 */
export function withDevelopmentKeys(settings: Settings): Settings {
  return settings.keys.length > 0 ? settings : { ...settings, keys: readKeys() }
}

function readKeys(): readonly string[] {
  const keys = keysIn(keyText())
  if (keys !== null) return keys
  throw new SettingError(`LATCHSTRING_KEYS is not set, and ${FILE} holds no keys: remove it, for new ones`)
}

function keyText(): string {
  try {
    makeOnce()
    return readFileSync(FILE, 'utf8')
  } catch (cause) {
    throw new SettingError(`LATCHSTRING_KEYS is not set, and ${FILE} cannot be made for it`, { cause })
  }
}

function makeOnce(): void {
  mkdirSync(dirname(FILE), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(FILE, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}
