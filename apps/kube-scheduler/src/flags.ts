import {
  type AcceptedFlags,
  commonAcceptedFlags,
  type FlagSpecs,
  leaderFlags,
  logFlags,
  metricFlags,
  portAcceptedFlags,
  portFlags,
  programFlags,
} from '@typernetes/process';

/**
 * The flags of kube-scheduler that have an effect here. Those of the leader election and `--kubeconfig` apply only
 * without `--config`.
 */
export const flags = {
  ...portFlags(10_259),
  ...leaderFlags('kube-scheduler'),
  config: { type: 'string', default: '', help: 'The path to the configuration file.' },
  'feature-gates': {
    type: 'list',
    default: [],
    help: 'Pairs that say which alpha and beta features are on: Gate=true or kube:Gate=true.',
  },
  kubeconfig: {
    type: 'string',
    default: '',
    help: 'DEPRECATED: path to kubeconfig file with authorization and master location information. This parameter is ignored if a config file is specified in --config.',
  },
  master: {
    type: 'string',
    default: '',
    help: 'The address of the Kubernetes API server (overrides any value in kubeconfig).',
  },
  'pod-max-in-unschedulable-pods-duration': {
    type: 'duration',
    default: 300_000,
    help: 'DEPRECATED: the maximum time a pod can stay in unschedulablePods. If a pod stays in unschedulablePods for longer than this value, the pod will be moved from unschedulablePods to backoffQ or activeQ.',
  },
  profiling: {
    type: 'boolean',
    default: true,
    help: 'DEPRECATED: enable profiling via web interface host:port/debug/pprof/. This parameter is ignored if a config file is specified in --config.',
  },
  'write-config-to': {
    type: 'string',
    default: '',
    help: 'If set, write the configuration values to this file and exit.',
  },
  ...metricFlags,
  ...programFlags,
  ...logFlags,
} as const satisfies FlagSpecs;

/** Flags of upstream's scheduler that are accepted and have no effect here, each with the reason. */
export const accepted: AcceptedFlags = {
  ...commonAcceptedFlags,
  ...portAcceptedFlags,
  'kube-api-burst': ['number', 'requests are not limited here, the API server does that'],
  'kube-api-qps': ['number', 'requests are not limited here, the API server does that'],
};
