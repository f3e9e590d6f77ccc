// Loaded before each test file, for the processes that the file starts. They share what is compiled, as the same hundred
// files would be compiled for each of hundreds of processes. And they record no coverage: what a process runs from that
// cache would be recorded without its branches, which would then pass for covered. The test file itself uses no cache.

const { NODE_TEST_CONTEXT, COMPILE_CACHE_OF_CHILDREN } = process.env

// The runner loads this too, and hands its environment on to the test files.
if (NODE_TEST_CONTEXT !== undefined && COMPILE_CACHE_OF_CHILDREN !== undefined) {
  Object.assign(process.env, { NODE_COMPILE_CACHE: COMPILE_CACHE_OF_CHILDREN })
  Reflect.deleteProperty(process.env, 'NODE_V8_COVERAGE')
}
