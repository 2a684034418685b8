import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '@typernetes/api/flowcontrol/v1';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '@typernetes/api/validation';
import type { Draft } from '@typernetes/machinery';

/** Whether the server keeps an object's spec as it has it here. */
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec';

type Level = Draft<PriorityLevelConfiguration>;
type Schema = Draft<FlowSchema>;

const group = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }));
const user = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'User', user: { name } }));
const account = (...names: string[]): Subject[] =>
  names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } }));
const everybody = group('system:unauthenticated', 'system:authenticated');

const everything: Omit<PolicyRulesWithSubjects, 'subjects'> = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

/** Reads and writes of one kind of objects in all namespaces, for leader election. */
const records = (apiGroup: string, resource: string): ResourcePolicyRule => ({
  verbs: ['get', 'create', 'update'],
  apiGroups: [apiGroup],
  resources: [resource],
  namespaces: ['*'],
});

const marked = (name: string) => ({ name, annotations: { [autoUpdateAnnotation]: 'true' } });

function level(name: string, spec: PriorityLevelConfigurationSpec): Level {
  return { metadata: marked(name), spec };
}

function queued(
  name: string,
  shares: number,
  { lendable, queues, handSize }: { lendable: number; queues: number; handSize: number },
): Level {
  const limited: LimitedPriorityLevelConfiguration = {
    nominalConcurrencyShares: shares,
    lendablePercent: lendable,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
  };
  return level(name, { type: 'Limited', limited });
}

interface SchemaOptions {
  readonly level: string;
  readonly precedence: number;
  readonly by?: 'ByUser' | 'ByNamespace';
}

function schema(name: string, options: SchemaOptions, ...rules: PolicyRulesWithSubjects[]): Schema {
  return {
    metadata: marked(name),
    spec: {
      priorityLevelConfiguration: { name: options.level },
      matchingPrecedence: options.precedence,
      ...(options.by ? { distinguisherMethod: { type: options.by } } : {}),
      rules,
    },
  };
}

/**
 * The mandatory objects, which guarantee a place for every request; the server uses these whatever is stored under
 * their names.
 */
export const mandatoryLevels: readonly Level[] = Object.entries(mandatoryPriorityLevels).map(([name, spec]) =>
  level(name, spec),
);

export const mandatorySchemas: readonly Schema[] = Object.entries(mandatoryFlowSchemas).map(([name, spec]) => ({
  metadata: marked(name),
  spec,
}));

/** The objects that a new cluster starts with, as upstream suggests. */
export const suggestedLevels: readonly Level[] = [
  queued('system', 30, { lendable: 33, queues: 64, handSize: 6 }),
  queued('node-high', 40, { lendable: 25, queues: 64, handSize: 6 }),
  queued('leader-election', 10, { lendable: 0, queues: 16, handSize: 4 }),
  queued('workload-high', 40, { lendable: 50, queues: 128, handSize: 6 }),
  queued('workload-low', 100, { lendable: 90, queues: 128, handSize: 6 }),
  queued('global-default', 20, { lendable: 50, queues: 128, handSize: 6 }),
];

export const suggestedSchemas: readonly Schema[] = [
  schema(
    'system-nodes',
    { level: 'system', precedence: 500, by: 'ByUser' },
    { subjects: group('system:nodes'), ...everything },
  ),
  schema(
    'system-node-high',
    { level: 'node-high', precedence: 400, by: 'ByUser' },
    {
      subjects: group('system:nodes'),
      resourceRules: [
        {
          verbs: ['*'],
          apiGroups: [''],
          resources: ['nodes', 'nodes/status'],
          clusterScope: true,
          namespaces: ['*'],
        },
        { verbs: ['*'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] },
      ],
    },
  ),
  schema(
    'probes',
    { level: 'exempt', precedence: 2 },
    {
      subjects: everybody,
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
    },
  ),
  schema(
    'system-leader-election',
    { level: 'leader-election', precedence: 100, by: 'ByUser' },
    {
      subjects: [...user('system:kube-controller-manager', 'system:kube-scheduler'), ...account('*')],
      resourceRules: [records('coordination.k8s.io', 'leases')],
    },
  ),
  schema(
    'endpoint-controller',
    { level: 'workload-high', precedence: 150, by: 'ByUser' },
    {
      subjects: [
        ...user('system:kube-controller-manager'),
        ...account('endpoint-controller', 'endpointslicemirroring-controller'),
      ],
      resourceRules: [records('', 'endpoints')],
    },
  ),
  schema(
    'workload-leader-election',
    { level: 'leader-election', precedence: 200, by: 'ByUser' },
    { subjects: account('*'), resourceRules: [records('coordination.k8s.io', 'leases')] },
  ),
  schema(
    'kube-controller-manager',
    { level: 'workload-high', precedence: 800, by: 'ByNamespace' },
    { subjects: user('system:kube-controller-manager'), ...everything },
  ),
  schema(
    'kube-scheduler',
    { level: 'workload-high', precedence: 800, by: 'ByNamespace' },
    { subjects: user('system:kube-scheduler'), ...everything },
  ),
  schema(
    'kube-system-service-accounts',
    { level: 'workload-high', precedence: 900, by: 'ByNamespace' },
    { subjects: account('*'), ...everything },
  ),
  schema(
    'service-accounts',
    { level: 'workload-low', precedence: 9000, by: 'ByUser' },
    { subjects: group('system:serviceaccounts'), ...everything },
  ),
  schema(
    'global-default',
    { level: 'global-default', precedence: 9900, by: 'ByUser' },
    { subjects: everybody, ...everything },
  ),
];
