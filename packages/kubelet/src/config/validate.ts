import { gateProblems, isGateOn } from '@typernetes/api/gate-settings';
import { version } from '@typernetes/base';
import { goQuote, parseQuantity, problemText } from '@typernetes/machinery';
import { formatDuration, parseDuration, tlsNameProblems, tracingProblems } from '@typernetes/process';
import { parseThresholds } from '../eviction/thresholds.ts';
import type { CompleteConfiguration } from './defaults.ts';
import { allowlistProblem } from './image-allowlist.ts';
import { supportProblems } from './support.ts';
import { reservationProblems } from './validate-reservations.ts';

/** Everything that is wrong with a configuration, in upstream's words (upstream: ValidateKubeletConfiguration). */
export function validateConfiguration(config: CompleteConfiguration): readonly string[] {
  const gates = gateProblems(config.featureGates);
  // Upstream stops here: the following checks depend on these.
  if (gates.length > 0) return gates.slice(0, 1);
  const problems = [
    ...numberProblems(config),
    ...imageProblems(config),
    ...managerProblems(config),
    ...verificationProblems(config),
    ...allocatableProblems(config),
    ...shutdownProblems(config),
    ...logProblems(config),
    ...userNamespaceProblems(config),
    ...reservationProblems(config),
    ...supportProblems(config),
  ].map((problem) => `invalid configuration: ${problem}`);
  return [...problems, ...tracingProblems(config.tracing ?? {}, 'tracing.').map(problemText)];
}

const ms = (text: string): number => parseDuration(text) ?? 0;
const goDuration = (text: string): string => formatDuration(ms(text));

function userNamespaceProblems({ userNamespaces }: CompleteConfiguration): readonly string[] {
  const { idsPerPod } = userNamespaces ?? {};
  if (idsPerPod === undefined) return [];
  const field = 'userNamespaces.idsPerPod';
  if (idsPerPod < 65_536) return [`${field} must not be less than 65536`];
  if (idsPerPod > 4_294_967_295) return [`${field} must not be more than 4294967295`];
  return idsPerPod % 65_536 === 0 ? [] : [`${field} must be a multiple of 65536`];
}

interface Range {
  readonly field: string;
  readonly flag: string;
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

function numberProblems(config: CompleteConfiguration): readonly string[] {
  const { cpuCFSQuotaPeriod, healthzPort, readOnlyPort = 0, memoryThrottlingFactor } = config;
  const notNegative = [
    ['eventBurst', 'event-burst', config.eventBurst],
    ['eventRecordQPS', 'event-qps', config.eventRecordQPS],
    ['kubeAPIBurst', 'kube-api-burst', config.kubeAPIBurst],
    ['kubeAPIQPS', 'kube-api-qps', config.kubeAPIQPS],
    ['maxOpenFiles', 'max-open-files', config.maxOpenFiles],
    ['maxPods', 'max-pods', config.maxPods],
    ['podsPerCore', 'pods-per-core', config.podsPerCore],
    ['registryBurst', 'registry-burst', config.registryBurst],
    ['registryPullQPS', 'registry-qps', config.registryPullQPS],
  ] as const;
  const ranges: readonly Range[] = [
    { field: 'iptablesDropBit', flag: 'iptables-drop-bit', value: config.iptablesDropBit, from: 0, to: 31 },
    {
      field: 'iptablesMasqueradeBit',
      flag: 'iptables-masquerade-bit',
      value: config.iptablesMasqueradeBit,
      from: 0,
      to: 31,
    },
    { field: 'oomScoreAdj', flag: 'oom-score-adj', value: config.oomScoreAdj, from: -1000, to: 1000 },
    { field: 'port', flag: 'port', value: config.port, from: 1, to: 65_535 },
    ...(healthzPort === 0
      ? []
      : [{ field: 'healthzPort', flag: 'healthz-port', value: healthzPort, from: 1, to: 65_535 }]),
  ];
  return [
    ...((config.systemCgroups ?? '') !== '' && config.cgroupRoot === ''
      ? ['systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified']
      : []),
    ...(config.nodeLeaseDurationSeconds <= 0 ? ['nodeLeaseDurationSeconds must be greater than 0'] : []),
    ...notNegative
      .filter(([, , value = 0]) => value < 0)
      .map(([field, flag, value]) => `${field} (--${flag}) ${value} must not be a negative number`),
    ...ranges.flatMap(rangeProblem),
    ...(readOnlyPort < 0 || readOnlyPort > 65_535
      ? [`readOnlyPort (--read-only-port) ${readOnlyPort} must be between 0 and 65535, inclusive`]
      : []),
    ...(ms(cpuCFSQuotaPeriod) < 1 || ms(cpuCFSQuotaPeriod) > 1000
      ? [
          `cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {${goDuration(cpuCFSQuotaPeriod)}} must be between 1ms and 1sec, inclusive`,
        ]
      : []),
    ...(memoryThrottlingFactor <= 0 || memoryThrottlingFactor > 1
      ? [`memoryThrottlingFactor ${memoryThrottlingFactor} must be greater than 0 and less than or equal to 1.0`]
      : []),
    ...(config.nodeStatusMaxImages < -1
      ? [`nodeStatusMaxImages (--node-status-max-images) ${config.nodeStatusMaxImages} must be -1 or greater`]
      : []),
    ...(config.containerRuntimeEndpoint === '' ? ['the containerRuntimeEndpoint was not specified or empty'] : []),
    ...(config.runOnce ? ['runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set'] : []),
  ];
}

function rangeProblem({ field, flag, value, from, to }: Range): readonly string[] {
  if (value >= from && value <= to) return [];
  return [`${field} (--${flag}) ${value} must be between ${from} and ${to}, inclusive`];
}

const verificationPolicies = [
  'NeverVerify',
  'NeverVerifyPreloadedImages',
  'NeverVerifyAllowlistedImages',
  'AlwaysVerify',
];

function verificationProblems(config: CompleteConfiguration): readonly string[] {
  const { imagePullCredentialsVerificationPolicy: policy, preloadedImagesVerificationAllowlist: allowed = [] } = config;
  const problems: string[] = [];
  if (!verificationPolicies.includes(policy))
    problems.push(
      `option ${goQuote(policy)} specified for imagePullCredentialsVerificationPolicy. Valid options are "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages" or "AlwaysVerify"`,
    );
  if (allowed.length > 0 && policy !== 'NeverVerifyAllowlistedImages')
    problems.push(
      'can\'t set `preloadedImagesVerificationAllowlist` if `imagePullCredentialsVertificationPolicy` is not "NeverVerifyAllowlistedImages"',
    );
  else
    problems.push(
      ...allowed
        .flatMap((pattern) => allowlistProblem(pattern) ?? [])
        .map((problem) => `invalid image pattern in \`preloadedImagesVerificationAllowlist\`: ${problem}`),
    );
  return problems;
}

function imageProblems(config: CompleteConfiguration): readonly string[] {
  const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low } = config;
  const { imageMinimumGCAge: minimum, imageMaximumGCAge: maximum, maxParallelImagePulls: parallel } = config;
  return [
    ...rangeProblem({
      field: 'imageGCHighThresholdPercent',
      flag: 'image-gc-high-threshold',
      value: high,
      from: 0,
      to: 100,
    }),
    ...rangeProblem({
      field: 'imageGCLowThresholdPercent',
      flag: 'image-gc-low-threshold',
      value: low,
      from: 0,
      to: 100,
    }),
    ...(low >= high
      ? [
          `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`,
        ]
      : []),
    ...(ms(minimum) < 0 ? [`imageMinimumGCAge ${goDuration(minimum)} must not be negative`] : []),
    ...(ms(maximum) < 0 ? [`imageMaximumGCAge ${goDuration(maximum)} must not be negative`] : []),
    ...(ms(maximum) > 0 && ms(maximum) <= ms(minimum)
      ? [`imageMaximumGCAge ${goDuration(maximum)} must be greater than imageMinimumGCAge ${goDuration(minimum)}`]
      : []),
    ...(parallel !== undefined && parallel < 1 ? [`maxParallelImagePulls ${parallel} must be a positive number`] : []),
    ...(config.serializeImagePulls && (parallel ?? 1) > 1
      ? [
          'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
        ]
      : []),
  ];
}

const topologyPolicies = ['none', 'best-effort', 'restricted', 'single-numa-node'];
const hairpinModes = ['none', 'hairpin-veth', 'promiscuous-bridge'];

function managerProblems(config: CompleteConfiguration): readonly string[] {
  const { topologyManagerPolicy, topologyManagerScope, hairpinMode, memorySwap, memoryReservationPolicy } = config;
  const restartMs = config.crashLoopBackOff?.maxContainerRestartPeriod;
  const problems: string[] = [];
  if (!topologyPolicies.includes(topologyManagerPolicy))
    problems.push(
      `topologyManagerPolicy (--topology-manager-policy) ${goQuote(topologyManagerPolicy)} must be one of: [${topologyPolicies.map(goQuote).join(' ')}]`,
    );
  if (!['container', 'pod'].includes(topologyManagerScope))
    problems.push(
      `topologyManagerScope (--topology-manager-scope) ${goQuote(topologyManagerScope)} must be one of: "container", or "pod"`,
    );
  if (!hairpinModes.includes(hairpinMode))
    problems.push(
      `option ${goQuote(hairpinMode)} specified for hairpinMode (--hairpin-mode). Valid options are "none", "hairpin-veth" or "promiscuous-bridge"`,
    );
  if (!['', 'NoSwap', 'LimitedSwap'].includes(memorySwap.swapBehavior ?? ''))
    problems.push(
      `memorySwap.swapBehavior ${goQuote(memorySwap.swapBehavior ?? '')} must be one of: "", "LimitedSwap" or "NoSwap"`,
    );
  if (!['None', 'TieredReservation'].includes(memoryReservationPolicy))
    problems.push(
      `option ${goQuote(memoryReservationPolicy)} specified for memoryReservationPolicy. Valid options are "None" or "TieredReservation"`,
    );
  if (memoryReservationPolicy === 'TieredReservation' && !isGateOn('MemoryQoS', config.featureGates))
    problems.push('memoryReservationPolicy "TieredReservation" requires MemoryQoS feature gate to be enabled');
  if (restartMs !== undefined && (ms(restartMs) < 1000 || ms(restartMs) > 300_000))
    problems.push(
      `CrashLoopBackOff.MaxContainerRestartPeriod (got: ${ms(restartMs) / 1000} seconds) must be set between 1s and 300s`,
    );
  return problems;
}

const enforcements = [
  'pods',
  'system-reserved',
  'system-reserved-compressible',
  'kube-reserved',
  'kube-reserved-compressible',
  'none',
];

function allocatableProblems(config: CompleteConfiguration): readonly string[] {
  const { enforceNodeAllocatable: enforced } = config;
  const flag = 'enforceNodeAllocatable (--enforce-node-allocatable)';
  const problems: string[] = [];
  for (const kind of ['system-reserved', 'kube-reserved'])
    if (enforced.includes(kind) && enforced.includes(`${kind}-compressible`))
      problems.push(`both "${kind}" and "${kind}-compressible" cannot be specified together in ${flag}`);
  for (const [at, value] of enforced.entries()) {
    if (enforced.indexOf(value) !== at) problems.push(`duplicated enforcements ${goQuote(value)} in ${flag}`);
    else if (!enforcements.includes(value))
      problems.push(
        `option ${goQuote(value)} specified for ${flag}. Valid options are ${enforcements.slice(0, -1).map(goQuote).join(', ')} or "none"`,
      );
    else if (value === 'none') {
      if (enforced.length > 1)
        problems.push(`${flag} may not contain additional enforcements when "none" is specified`);
    } else {
      for (const [kind, field, cgroup] of [
        ['system', 'systemReservedCgroup', config.systemReservedCgroup],
        ['kube', 'kubeReservedCgroup', config.kubeReservedCgroup],
      ] as const)
        if (value.startsWith(`${kind}-reserved`) && cgroup === '')
          problems.push(
            `${field} (--${kind}-reserved-cgroup) must be specified when "${kind}-reserved" or "${kind}-reserved-compressible" included in ${flag}`,
          );
      if (!config.cgroupsPerQOS)
        problems.push(
          `cgroupsPerQOS (--cgroups-per-qos) must be set to true when ${goQuote(value)} contained in ${flag}`,
        );
    }
  }
  problems.push(...attempt(() => parseThresholds(config)));
  for (const amount of [...Object.values(config.systemReserved), ...Object.values(config.kubeReserved)])
    problems.push(...attempt(() => parseQuantity(amount)));
  return problems;
}

function attempt(parse: () => unknown): readonly string[] {
  try {
    parse();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function shutdownProblems(config: CompleteConfiguration): readonly string[] {
  const { shutdownGracePeriod: all, shutdownGracePeriodCriticalPods: critical } = config;
  const text = (duration: string): string => `{${goDuration(duration)}}`;
  const tooShort = (duration: string): boolean => ms(duration) < 0 || (ms(duration) > 0 && ms(duration) < 1000);
  return [
    ...(ms(critical) > ms(all)
      ? [`shutdownGracePeriodCriticalPods ${text(critical)} must be <= shutdownGracePeriod ${text(all)}`]
      : []),
    ...(tooShort(all) ? [`shutdownGracePeriod ${text(all)} must be either zero or otherwise >= 1 sec`] : []),
    ...(tooShort(critical)
      ? [`shutdownGracePeriodCriticalPods ${text(critical)} must be either zero or otherwise >= 1 sec`]
      : []),
    ...((config.shutdownGracePeriodByPodPriority?.length ?? 0) > 0 && (ms(all) > 0 || ms(critical) > 0)
      ? ['Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time']
      : []),
  ];
}

const previousMinor = version.replace(/^v(\d+)\.(\d+).*$/, (_all, major, minor) => `${major}.${Number(minor) - 1}`);

function logProblems(config: CompleteConfiguration): readonly string[] {
  const { podLogsDir, logging, showHiddenMetricsForVersion: hidden = '' } = config;
  const isClean = podLogsDir === '/' || (!/\/$|\/\/|\/\.\.?(\/|$)/.test(podLogsDir) && podLogsDir !== '');
  return [
    ...(hidden === '' || hidden === previousMinor
      ? []
      : [
          `--show-hidden-metrics-for-version must be omitted or have the value '${previousMinor}'. Only the previous minor version is allowed`,
        ]),
    ...(['text', 'json'].includes(logging.format || 'text')
      ? []
      : [`logging.format: Invalid value: ${goQuote(logging.format ?? '')}: Unsupported log format`]),
    ...(logging.format === 'json' && logging.vmodule?.length
      ? ['logging.vmodule: Forbidden: Only supported for text log format']
      : []),
    ...tlsNameProblems({
      minVersion: config.tlsMinVersion ?? '',
      cipherSuites: config.tlsCipherSuites ?? [],
      curves: config.tlsCurvePreferences ?? [],
    }),
    ...(config.enableSystemLogQuery && !config.enableSystemLogHandler
      ? ['enableSystemLogHandler is required for enableSystemLogQuery']
      : []),
    ...(config.containerLogMaxWorkers < 1 ? ['containerLogMaxWorkers must be greater than or equal to 1'] : []),
    ...(ms(config.containerLogMonitorInterval) < 3000
      ? ['containerLogMonitorInterval must be a positive time duration greater than or equal to 3s']
      : []),
    ...(config.containerLogMaxFiles <= 1 ? ['containerLogMaxFiles must be greater than 1'] : []),
    ...attempt(() => parseQuantity(config.containerLogMaxSize)),
    ...(podLogsDir === '' ? ['podLogsDir was not specified'] : []),
    ...(podLogsDir.startsWith('/') ? [] : [`pod logs path ${goQuote(podLogsDir)} must be absolute path`]),
    ...(isClean ? [] : [`pod logs path ${goQuote(podLogsDir)} must be normalized`]),
    ...(/^[\0-\x7f]*$/.test(podLogsDir)
      ? []
      : [`pod logs path ${goQuote(podLogsDir)} mut contains ASCII characters only`]),
  ];
}
