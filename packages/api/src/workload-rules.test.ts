import { forbidden, holds, invalid, on, podSpec, required, unsupported } from './testing/rule-cases.ts';
import * as rules from './validation.ts';

const labels = { app: 'web' };
const template = { metadata: { labels }, spec: podSpec };
const selected = { selector: { matchLabels: labels }, template };
const deployment = {
  metadata: { name: 'web' },
  spec: {
    ...selected,
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    progressDeadlineSeconds: 600,
  },
};
holds('deployments', deployment, on(rules.validateDeployment), [
  ['spec.replicas', -1, invalid('spec.replicas', '-1', 'must be greater than or equal to 0')],
  ['spec.selector', {}, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  [
    'spec.template.metadata.labels',
    {},
    'spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`',
  ],
  [
    'spec.selector',
    undefined,
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    'spec.selector',
    { matchLabels: { app: 'a b' } },
    'spec.selector: Invalid value: {"matchLabels":{"app":"a b"}}: invalid label selector',
  ],
  ['spec.template.spec.restartPolicy', 'Never', unsupported('spec.template.spec.restartPolicy', '"Never"', '"Always"')],
  [
    'spec.template.spec.activeDeadlineSeconds',
    5,
    forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicaSet is not Supported'),
  ],
  ['spec.strategy.type', 'X', unsupported('spec.strategy', '"X"', '"Recreate", "RollingUpdate"')],
  [
    'spec.strategy.type',
    'Recreate',
    forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"),
  ],
  [
    'spec.strategy.rollingUpdate.maxSurge',
    0,
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ],
  [
    'spec.strategy.rollingUpdate.maxUnavailable',
    '101%',
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    'spec.progressDeadlineSeconds',
    0,
    'spec.progressDeadlineSeconds: Invalid value: 0: must be greater than minReadySeconds',
  ],
]);

const statefulSet = {
  metadata: { name: 'web' },
  spec: {
    ...selected,
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
  },
};
holds('stateful sets', statefulSet, on(rules.validateStatefulSet), [
  ['spec.podManagementPolicy', '', required('spec.podManagementPolicy')],
  ['spec.podManagementPolicy', 'X', invalid('spec.podManagementPolicy', '"X"', "must be 'OrderedReady' or 'Parallel'")],
  ['spec.updateStrategy.type', '', required('spec.updateStrategy')],
  [
    'spec.updateStrategy.type',
    'X',
    'spec.updateStrategy: Invalid value: {"Type":"X","RollingUpdate":{"Partition":0,"MaxUnavailable":null}}: ',
  ],
  [
    'spec.updateStrategy.type',
    'OnDelete',
    'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":0,"MaxUnavailable":null}: ',
  ],
  [
    'spec.persistentVolumeClaimRetentionPolicy',
    { whenDeleted: 'X', whenScaled: 'Retain' },
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X"',
  ],
  ['spec.ordinals', { start: -1 }, 'spec.ordinals.start: Invalid value: -1'],
  ['spec.serviceName', 'A', 'spec.serviceName: Invalid value: "A"'],
  ['spec.selector', {}, 'spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
  [
    'spec.volumeClaimTemplates',
    [{ metadata: { name: 'd' }, spec: {} }],
    required('spec.volumeClaimTemplates[0].spec.accessModes', 'at least 1 access mode is required'),
  ],
]);

const daemonSet = {
  metadata: { name: 'web' },
  spec: { ...selected, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } },
};
holds('daemon sets', daemonSet, on(rules.validateDaemonSet), [
  ['spec.selector', {}, 'spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ['spec.updateStrategy.rollingUpdate', undefined, required('spec.updateStrategy.rollingUpdate')],
  [
    'spec.updateStrategy.rollingUpdate.maxSurge',
    1,
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
  [
    'spec.updateStrategy.rollingUpdate.maxUnavailable',
    0,
    required('spec.updateStrategy.rollingUpdate.maxUnavailable', 'cannot be 0 when maxSurge is 0'),
  ],
]);

const jobTemplate = { spec: { ...podSpec, restartPolicy: 'Never' } };
const job = {
  metadata: { name: 'web', uid: 'u' },
  spec: {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    manualSelector: true,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, ...jobTemplate },
  },
};
const manyIndexes = { completions: 200_000, completionMode: 'Indexed', backoffLimitPerIndex: 1 };
const highCompletions =
  'must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index';
holds('jobs', job, on(rules.validateJob), [
  [
    'spec',
    { ...job.spec, ...manyIndexes, maxFailedIndexes: 20_000 },
    invalid('spec.maxFailedIndexes', '20000', highCompletions),
  ],
  ['spec', { ...job.spec, ...manyIndexes, parallelism: 10_001 }, invalid('spec.parallelism', '10001', highCompletions)],
  [
    'spec',
    { ...job.spec, ...manyIndexes },
    required('spec.maxFailedIndexes', 'must be specified when completions is above 100000'),
  ],
  [
    'spec',
    { ...job.spec, ...manyIndexes, maxFailedIndexes: 100_001 },
    invalid('spec.maxFailedIndexes', '100001', 'must be less than or equal to 100000'),
  ],
  [
    'spec.podFailurePolicy',
    { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'a b', status: 'True' }] }] },
    'spec.podFailurePolicy.rules[0].onPodConditions[0].type: Invalid value: "a b": name part must consist of',
  ],
  [
    'spec.manualSelector',
    false,
    required('spec.template.metadata.labels[batch.kubernetes.io/controller-uid]', "must be 'u'"),
  ],
  [
    'spec',
    { ...job.spec, manualSelector: false, template: { metadata: { labels: { 'job-name': 'other' } }, ...jobTemplate } },
    invalid('spec.template.metadata.labels[job-name]', '{"job-name":"other"}', "must be 'web'"),
  ],
  [
    'spec.manualSelector',
    false,
    invalid('spec.selector', JSON.stringify(job.spec.selector), '`selector` not auto-generated'),
  ],
  ['spec.parallelism', -1, 'spec.parallelism: Invalid value: -1'],
  ['spec.maxFailedIndexes', 1, required('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified')],
  ['spec.backoffLimitPerIndex', 1, 'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  ['spec.managedBy', 'x', 'spec.managedBy: Invalid value: "x": must be a domain-prefixed path'],
  ['spec.completionMode', 'X', unsupported('spec.completionMode', '"X"', '"NonIndexed", "Indexed"').slice(0, 45)],
  [
    'spec.template.spec.restartPolicy',
    'Always',
    required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'),
  ],
  ['spec.podReplacementPolicy', 'X', 'spec.podReplacementPolicy: Unsupported value: "X"'],
  [
    'spec.podFailurePolicy',
    { rules: [{ action: 'X', onExitCodes: { operator: 'In', values: [1] } }] },
    'spec.podFailurePolicy.rules[0].action: Unsupported value: "X"',
  ],
  [
    'spec.podFailurePolicy',
    { rules: [{ action: 'Count', onExitCodes: { operator: 'In', values: [0] } }] },
    'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
  ],
  [
    'spec.podFailurePolicy',
    { rules: [{ action: 'Count', onExitCodes: { operator: 'In', values: [2, 1] } }] },
    'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered',
  ],
  ['spec.successPolicy', { rules: [] }, 'spec.successPolicy: Invalid value'],
]);

const cronJob = {
  metadata: { name: 'web' },
  spec: { schedule: '* * * * *', concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: jobTemplate } } },
};
holds('cron jobs', cronJob, on(rules.validateCronJob), [
  ['metadata.name', 'a'.repeat(53), 'metadata.name: Invalid value: "aaaaa'],
  ['spec.schedule', '', required('spec.schedule')],
  [
    'spec.schedule',
    'TZ=UTC * * * * *',
    'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    'spec.timeZone',
    'Local',
    'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
  ],
  ['spec.timeZone', 'A/B', 'spec.timeZone: Invalid value: "A/B": unknown time zone A/B'],
  ['spec.concurrencyPolicy', 'X', unsupported('spec.concurrencyPolicy', '"X"', '"Allow", "Forbid", "Replace"')],
  ['spec.startingDeadlineSeconds', -1, 'spec.startingDeadlineSeconds: Invalid value: -1'],
  ['spec.jobTemplate.spec.manualSelector', true, 'spec.jobTemplate.spec.manualSelector: Unsupported value: true'],
]);
