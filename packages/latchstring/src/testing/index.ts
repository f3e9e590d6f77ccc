export type { TestRequest, TestResponse } from './client.ts'
export { type KeptCookie, type TestClient, type TestClientOptions, testClient } from './client.ts'
export { type FakeClock, fakeClock, fakeTimers } from './clock.ts'
export {
  type Capability,
  type ContractCase,
  storeContract,
  type TestStoreOptions,
  testStore,
} from './storeContract.ts'
export {
  type TestUsersOptions,
  testUsers,
  type UsersContractCase,
  type UsersOpenedTwice,
  usersContract,
} from './usersContract.ts'
