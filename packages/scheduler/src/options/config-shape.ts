import type { ConfigKind, Shape } from '@typernetes/process';

const plugin: Shape = { fields: { name: 'string', weight: 'number' } };
const pluginSet: Shape = { fields: { enabled: { list: plugin }, disabled: { list: plugin } } };
const points = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
  'multiPoint',
] as const;

/** KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1. */
export const configKind: ConfigKind = {
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  fields: {
    parallelism: 'number',
    leaderElection: {
      fields: {
        leaderElect: 'boolean',
        leaseDuration: 'duration',
        renewDeadline: 'duration',
        retryPeriod: 'duration',
        resourceLock: 'string',
        resourceName: 'string',
        resourceNamespace: 'string',
      },
    },
    clientConnection: {
      fields: {
        kubeconfig: 'string',
        acceptContentTypes: 'string',
        contentType: 'string',
        qps: 'number',
        burst: 'number',
      },
    },
    enableProfiling: 'boolean',
    enableContentionProfiling: 'boolean',
    percentageOfNodesToScore: 'number',
    podInitialBackoffSeconds: 'number',
    podMaxBackoffSeconds: 'number',
    profiles: {
      list: {
        fields: {
          schedulerName: 'string',
          percentageOfNodesToScore: 'number',
          plugins: { fields: Object.fromEntries(points.map((point) => [point, pluginSet])) },
          pluginConfig: { list: { fields: { name: 'string', args: 'any' } } },
        },
      },
    },
    extenders: {
      list: {
        fields: {
          urlPrefix: 'string',
          filterVerb: 'string',
          preemptVerb: 'string',
          prioritizeVerb: 'string',
          weight: 'number',
          bindVerb: 'string',
          enableHTTPS: 'boolean',
          tlsConfig: {
            fields: {
              insecure: 'boolean',
              serverName: 'string',
              certFile: 'string',
              keyFile: 'string',
              caFile: 'string',
              certData: 'string',
              keyData: 'string',
              caData: 'string',
            },
          },
          httpTimeout: 'duration',
          nodeCacheCapable: 'boolean',
          managedResources: { list: { fields: { name: 'string', ignoredByScheduler: 'boolean' } } },
          ignorable: 'boolean',
        },
      },
    },
    delayCacheUntilActive: 'boolean',
  },
};

const resources: Shape = { list: { fields: { name: 'string', weight: 'number' } } };
const shape: Shape = { list: { fields: { utilization: 'number', score: 'number' } } };
const typed = { apiVersion: 'string', kind: 'string' } as const;

/** The arguments of each plugin that takes some. */
export const argsShapes: Readonly<Record<string, Shape>> = {
  DefaultPreemption: {
    fields: { ...typed, minCandidateNodesPercentage: 'number', minCandidateNodesAbsolute: 'number' },
  },
  DynamicResources: { fields: { ...typed, filterTimeout: 'duration', bindingTimeout: 'duration' } },
  InterPodAffinity: {
    fields: { ...typed, hardPodAffinityWeight: 'number', ignorePreferredTermsOfExistingPods: 'boolean' },
  },
  NodeAffinity: { fields: { ...typed, addedAffinity: 'any' } },
  NodeResourcesBalancedAllocation: { fields: { ...typed, resources } },
  NodeResourcesFit: {
    fields: {
      ...typed,
      ignoredResources: { list: 'string' },
      ignoredResourceGroups: { list: 'string' },
      scoringStrategy: {
        fields: { type: 'string', resources, requestedToCapacityRatio: { fields: { shape } } },
      },
    },
  },
  PodTopologySpread: { fields: { ...typed, defaultConstraints: { list: 'any' }, defaultingType: 'string' } },
  VolumeBinding: { fields: { ...typed, bindTimeoutSeconds: 'number', shape } },
};
