/** Bytes on the heap that are still needed. Needs `--expose-gc`. */
export function heapInUse(): number {
  if (globalThis.gc === undefined) throw new Error('start this process with --expose-gc')
  // What finalizers let go is only collected by the next.
  for (let turn = 0; turn < 3; turn++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
