export { allowedPaths } from './allowed-paths.ts';
export { leaderElectionMetrics, restClientMetrics, workQueueMetrics } from './client-metrics.ts';
export { type ComponentEndpoints, componentHandler } from './component-endpoints.ts';
export {
  type AcceptedFlags,
  type ComponentArguments,
  commonAcceptedFlags,
  parseComponentFlags,
  portAcceptedFlags,
  programFlags,
  readComponentLine,
} from './component-flags.ts';
export { componentLogger, type LogSettings, logFlags, logProblems, logSettings } from './component-log.ts';
export { componentMetrics, type GateState } from './component-metrics.ts';
export { type ComponentFacts, type ComponentPage, componentPages } from './component-pages.ts';
export { type Component, type StartedComponent, type StartHost, startComponent } from './component-start.ts';
export { ConfigError, type ConfigKind, decodeConfig, decodeConfigs, type TypedDocument } from './config-file.ts';
export { type ConfigFlags, configFlagSpecs, withConfigFlags } from './config-flags.ts';
export {
  durationProblem,
  FlagError,
  type FlagSpec,
  type FlagSpecs,
  flagUsage,
  formatDuration,
  numbersOf,
  type ParsedArguments,
  type ParsedFlags,
  parseDuration,
  parseFlags,
} from './flags.ts';
export { withGoDurations } from './go-durations.ts';
export { answerHealth, type HealthAnswer, type HealthCheck, type HealthEndpoints, ping } from './health.ts';
export { idleMemory } from './idle-memory.ts';
export { type KlogOptions, klogLogger } from './klog.ts';
export { encodeKyaml } from './kyaml.ts';
export { leaderElectionOf, leaderFlags } from './leader-flags.ts';
export { listenAddress, peerAddress } from './listen-address.ts';
export { findLog, type LogEntry } from './log-folder.ts';
export type { Counter, Gauge, Histogram, LabelValues, MetricOptions } from './metric.ts';
export { metricFlags, metricRules } from './metric-flags.ts';
export type { MetricDescription } from './metric-series.ts';
export {
  createMetrics,
  exponentialBuckets,
  type MetricRules,
  type Metrics,
  metricsContentType,
  metricsResetText,
  requestBuckets,
} from './metrics.ts';
export { answerTimes, type PortFlags, portFlags, portProblems, portRules } from './port-flags.ts';
export { processMetrics } from './process-metrics.ts';
export {
  answerProfile,
  isProfilePath,
  type ProfileAnswer,
  type ProfileRequest,
  type ProfileRules,
  sendProfile,
} from './profiles.ts';
export { ExitError, type ProgramHost, runProgram, type StopSignal, untilSignal } from './program.ts';
export { type Farewell, relay } from './relay.ts';
export { listen, type Serving, type ServingIdentity, type ServingOptions } from './serving.ts';
export { type Shape, shapeProblems } from './shape.ts';
export { type SliMetrics, sliMetrics } from './sli-metrics.ts';
export { returnStartMemory } from './start-memory.ts';
export { didYouMean } from './suggestions.ts';
export { tlsFlags, tlsNames } from './tls-flags.ts';
export { type TlsNames, type TlsRules, tlsNameProblems, tlsRules } from './tls-names.ts';
export {
  type TracingConfiguration,
  tracingFields,
  tracingProblems,
  usualEndpoint as usualTracingEndpoint,
} from './tracing/tracing-configuration.ts';
export { changeVerbosity, flagsPage, isDebugFlagsPath, shortBody, type Verbosity } from './verbosity.ts';
export { versionInfo } from './version-info.ts';
export { decodeDocument, decodeDocuments, decodeRepeating, ManifestError } from './yaml.ts';
export { encodeYaml } from './yaml-encode.ts';
