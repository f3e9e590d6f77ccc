// Runs test files in this process, with one source file replaced, until the first test fails.

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { pathToFileURL } from 'node:url'

const [replaced = '', mutatedPath = '', ...files] = process.argv.slice(2)
const replacedUrl = pathToFileURL(resolve(replaced)).href

registerHooks({
  load(url, context, nextLoad) {
    if (url !== replacedUrl || mutatedPath === '-') return nextLoad(url, context)
    return { format: 'module-typescript', source: readFileSync(mutatedPath, 'utf8'), shortCircuit: true }
  },
})

const LONGEST_TEST = 20_000

run({ files: files.map((file) => resolve(file)), isolation: 'none', timeout: LONGEST_TEST })
  .on('test:fail', ({ todo }) => {
    if (todo === undefined) process.exit(1)
  })
  .on('test:summary', ({ success }) => process.exit(success ? 0 : 1))
  .resume()
