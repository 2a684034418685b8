import type { Lease } from '@typernetes/api/coordination/v1';
import type { Node, NodeCondition, Taint } from '@typernetes/api/core/v1';

/** The last heartbeat of a node, and when it was observed: by our own clock, so that nodes' clocks may be wrong. */
export interface Heartbeat {
  /** Changes with every sign of life. */
  readonly sign: string;
  readonly heardAt: number;
}

export interface NodeHealthInput {
  readonly node: Node;
  readonly lease: Lease | undefined;
  readonly last: Heartbeat | undefined;
  /** By the monotonic clock. */
  readonly now: number;
  readonly gracePeriodMs: number;
  /** Grace for a node that has never reported a status. */
  readonly startupGracePeriodMs: number;
}

export interface NodeHealth {
  readonly heartbeat: Heartbeat;
  /** Conditions to write, when the node has gone silent. */
  readonly conditions: readonly NodeCondition[];
  /** The current or new status of its Ready condition; undefined before the first report. */
  readonly ready: NodeCondition['status'] | undefined;
  /** When to look again if nothing is heard until then. */
  readonly checkAgainMs: number;
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/**
 * Pure: decides what to write, given what is known about a node. Times in milliseconds; `nowText` is the wall-clock
 * time in wire format.
 */
export function planNodeHealth(input: NodeHealthInput, nowText: string): NodeHealth {
  const heartbeat = hear(input);
  const ready = conditionOf(input.node, 'Ready');
  const grace = ready ? input.gracePeriodMs : input.startupGracePeriodMs;
  const silentFor = input.now - heartbeat.heardAt;
  const conditions = silentFor >= grace ? unknownConditions(input.node, nowText) : [];
  return {
    heartbeat,
    conditions,
    ready: conditions.find((c) => c.type === 'Ready')?.status ?? ready?.status,
    checkAgainMs: silentFor >= grace ? grace : grace - silentFor,
  };
}

function hear({ node, lease, last, now }: NodeHealthInput): Heartbeat {
  const sign = `${lease?.spec?.renewTime ?? ''} ${conditionOf(node, 'Ready')?.lastHeartbeatTime ?? ''}`;
  return last?.sign === sign ? last : { sign, heardAt: now };
}

function unknownConditions(node: Node, nowText: string): NodeCondition[] {
  return watched.flatMap((type): NodeCondition[] => {
    const current = conditionOf(node, type);
    if (current?.status === 'Unknown') return [];
    const reported = current !== undefined;
    return [
      {
        type,
        status: 'Unknown',
        reason: reported ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
        message: reported ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
        lastHeartbeatTime: current?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
        lastTransitionTime: nowText,
      },
    ];
  });
}

interface TaintInput {
  readonly ready: NodeHealth['ready'];
  /** Whether pods must leave a node that is not ready: that is decided for the cluster as a whole. */
  readonly evicting: boolean;
  readonly nowText: string;
}

/**
 * The taints for the node's conditions; undefined when they are up to date. This controller only adds and removes a
 * fixed set of taints.
 */
export function planTaints(node: Node, { ready, evicting, nowText }: TaintInput): Taint[] | undefined {
  const wanted: Pick<Taint, 'key' | 'effect'>[] = [];
  const when = (is: boolean, key: string, ...effects: Taint['effect'][]): void => {
    if (is) for (const effect of effects) wanted.push({ key: `node.kubernetes.io/${key}`, effect });
  };
  const is = (type: string): boolean => conditionOf(node, type)?.status === 'True';
  when(ready === 'False', 'not-ready', 'NoSchedule');
  when(ready === 'Unknown', 'unreachable', 'NoSchedule');
  when(ready === 'False' && evicting, 'not-ready', 'NoExecute');
  when(ready === 'Unknown' && evicting, 'unreachable', 'NoExecute');
  when(is('MemoryPressure'), 'memory-pressure', 'NoSchedule');
  when(is('DiskPressure'), 'disk-pressure', 'NoSchedule');
  when(is('PIDPressure'), 'pid-pressure', 'NoSchedule');
  when(is('NetworkUnavailable'), 'network-unavailable', 'NoSchedule');
  when(node.spec.unschedulable === true, 'unschedulable', 'NoSchedule');
  // Before the first report nothing is known: the initial taint stays.
  const current = node.spec.taints ?? [];
  const keep = current.filter(
    (taint) => !isOurs(taint) || (ready === undefined && taint.key === 'node.kubernetes.io/not-ready'),
  );
  const same = (a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean =>
    a.key === b.key && a.effect === b.effect;
  const missing = wanted.filter((taint) => !current.some((c) => same(c, taint)));
  const stale = current.filter((taint) => !keep.includes(taint) && !wanted.some((w) => same(w, taint)));
  if (missing.length === 0 && stale.length === 0) return undefined;
  return [
    ...current.filter((taint) => !stale.includes(taint)),
    ...missing.map((taint) => ({ ...taint, timeAdded: nowText })),
  ];
}

const ownKeys = new Set(
  [
    'not-ready',
    'unreachable',
    'memory-pressure',
    'disk-pressure',
    'pid-pressure',
    'network-unavailable',
    'unschedulable',
  ].map((key) => `node.kubernetes.io/${key}`),
);

function isOurs(taint: Taint): boolean {
  return ownKeys.has(taint.key);
}

/** Whether pods have to leave the node already because it is not ready. */
export function isEvicting({ spec }: Node): boolean {
  return spec.taints?.some(({ key, effect }) => effect === 'NoExecute' && evictingKeys.has(key)) ?? false;
}

const evictingKeys = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

export function conditionOf(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}
