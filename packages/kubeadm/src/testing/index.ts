export {
  absentTransport,
  type Disturbance,
  disturbances,
  disturbedAnswer,
  disturbedClient,
  silentTransport,
} from './disturbed.ts';
export { FakeCluster } from './fake-cluster.ts';
export { FakeEtcd } from './fake-etcd.ts';
export { FakeHost, type FakeHostOptions } from './fake-host.ts';
export { fakeKubelet } from './fake-kubelet.ts';
export { dryRunLines, golden } from './golden.ts';
export { old, olderCluster } from './older-cluster.ts';
export { phaseByPhase } from './phase-by-phase.ts';
export { type Ran, runOn, SkippingClock } from './run.ts';
export { endpoint, initialized, joinLine, second } from './several-control-planes.ts';
