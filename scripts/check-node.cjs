// Old syntax on purpose: this file has to run on the very Node that it refuses.
'use strict'

var WANTED = [24, 7]

function isTooOld(version) {
  var parts = version.split('.').map(Number)
  return parts[0] < WANTED[0] || (parts[0] === WANTED[0] && parts[1] < WANTED[1])
}

if (isTooOld(process.versions.node)) {
  console.error(
    'Latchstring needs Node ' +
      WANTED.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      ': run `npm ci`, which brings Node 24 on Linux and on Windows x64, and then start everything through' +
      ' npm scripts (`npm test`, not `node scripts/test.ts`); on other systems install Node 24.7 or newer.',
  )
  process.exit(1)
}
