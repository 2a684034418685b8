export { FakeCluster } from './fake-cluster.ts';
export { FakeHost, type FakeHostOptions } from './fake-host.ts';
export { type Ran, runOn } from './run.ts';
