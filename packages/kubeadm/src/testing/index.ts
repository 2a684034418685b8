export { FakeCluster } from './fake-cluster.ts';
export { FakeEtcd } from './fake-etcd.ts';
export { FakeHost, type FakeHostOptions } from './fake-host.ts';
export { fakeKubelet } from './fake-kubelet.ts';
export { golden } from './golden.ts';
export { type Ran, runOn } from './run.ts';
