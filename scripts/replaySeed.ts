// Loaded before each test file when SEED is given: the properties of fast-check begin with that seed, like every other
// random test. fast-check prints it as a whole number that may be negative.

import fc from 'fast-check'
import { givenSeed } from '../packages/latchstring/test/random/seeds.ts'

const { SEED = '' } = process.env
const seed = /^-\d{1,10}$/.test(SEED) ? Number(SEED) : givenSeed()

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
