export { FakeCluster } from './fake-cluster.ts';
export { FakeEtcd } from './fake-etcd.ts';
export { FakeHost, type FakeHostOptions } from './fake-host.ts';
export { fakeKubelet } from './fake-kubelet.ts';
export { dryRunLines, golden } from './golden.ts';
export { phaseByPhase } from './phase-by-phase.ts';
export { type Ran, runOn } from './run.ts';
