import type { Contestant } from '../work.ts'
import { thinnestServer } from './_thinnest.ts'

const thinnestMemory: Contestant = (work) => {
  const values = new Map<string, string>()
  return thinnestServer(work, {
    read: (key) => values.get(key) ?? null,
    write: (key, value) => values.set(key, value),
  })
}

export default thinnestMemory
