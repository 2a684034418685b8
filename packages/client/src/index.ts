export { boundTransport } from './bound-transport.ts';
export { ConfigurationError } from './configuration-error.ts';
export { type ControllerOptions, controller } from './controller-loop.ts';
export {
  type AccessVerdict,
  DelegatedAccess,
  type DelegatedAccessOptions,
  type DelegatedRequest,
  type Requester,
} from './delegated-access.ts';
export { type DelegationOptions, delegation } from './delegation.ts';
export { type DiscoveredResource, type Discovery, discoverResources } from './discovery.ts';
export { type EventPace, type EventPaceOptions, eventPace } from './event-pace.ts';
export { type BackgroundEventRecorder, type EventRecorderOptions, eventRecorder } from './event-recorder.ts';
export { type ActionRecorder, type EventRecorder, type EventTarget, eventTarget } from './events.ts';
export { CredentialError, type ExecCredential } from './exec-credential.ts';
export { type HttpTransportOptions, httpTransport } from './http-transport.ts';
export type { Dial } from './http1/dial.ts';
export { isSignedByOneOf, isTakenForItsOwnIssuer } from './http1/nameless-certificate.ts';
export { trustNamed } from './http1/secure-context.ts';
export { inClusterOptions } from './in-cluster.ts';
export type { Informer, InformerEvents, Informers, Lister } from './informer.ts';
export {
  type Kubeconfig,
  type KubeconfigOverrides,
  mergeKubeconfigs,
  type ResolvedContext,
  resolveContext,
  singleContext,
} from './kubeconfig.ts';
export {
  clientFromKubeconfig,
  formatKubeconfig,
  kubeconfigPaths,
  loadDefaultKubeconfig,
  loadKubeconfig,
  loadKubeconfigAsWritten,
  parseKubeconfig,
  transportOptions,
  writeKubeconfig,
} from './kubeconfig-file.ts';
export { type LeaderElectionOptions, LeadershipLostError, runAsLeader } from './leader-election.ts';
export { limitedTransport } from './limited-transport.ts';
export { linesOf } from './lines.ts';
export { observedClient } from './observed-client.ts';
export type { ObservedRequest } from './observed-transport.ts';
export { proxyFor } from './proxy.ts';
export { type ObserveQueue, type QueueGauges, type QueueSink, QueueTimes } from './queue-times.ts';
export { type Reconciler, type Result, TerminalError } from './reconciler.ts';
export { type ReflectorSink, reflect } from './reflector.ts';
export type {
  ApiClient,
  ListOptions,
  ObjectList,
  ObjectRef,
  PatchOptions,
  PatchType,
  Reader,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
  Writer,
} from './resource-client.ts';
export { meaningOf, responseError } from './response-error.ts';
export { restClient } from './rest-client.ts';
export { type SeriesRecorderOptions, seriesRecorder } from './series-recorder.ts';
export { serverOptions } from './server-options.ts';
export { serverHost, UnreachableError } from './server-url.ts';
export { type SharedInformersOptions, sharedInformers } from './shared-informers.ts';
export type { TlsOptions } from './tls-options.ts';
export { type ApiRequest, type ApiResponse, readBody, type Transport, type UpgradedConnection } from './transport.ts';
export { UnseenWrites } from './unseen-writes.ts';
export { UpgradeRefusedError } from './upgrade-refused.ts';
export { readsFrom, type Wake, wakeAtStart, wakeByHand, wakeOn, wakeOnAppearance, wakeOnSpec } from './wakes.ts';
export type { WorkQueueOptions } from './work-queue.ts';
