/** One measurement of a node or container by its kubelet. */
export interface Point {
  /** CPU time since the start, in seconds. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** When the kubelet measured, in milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds since the epoch; undefined for nodes and where the kubelet does not know. */
  readonly startedAt?: number | undefined;
}

/** `namespace/name` of a pod. */
export type PodKey = string;

/** One response of `/metrics/resource`: the node, and the containers of each pod by name. */
export interface Reading {
  readonly node: Point | undefined;
  readonly pods: ReadonlyMap<PodKey, ReadonlyMap<string, Point>>;
}

type Amount = 'cpuSeconds' | 'memoryBytes' | 'startedAt';
type Draft = Partial<Record<Amount | 'at', number>>;

const amounts: Readonly<Record<string, { readonly of: 'node' | 'container'; readonly amount: Amount }>> = {
  node_cpu_usage_seconds_total: { of: 'node', amount: 'cpuSeconds' },
  node_memory_working_set_bytes: { of: 'node', amount: 'memoryBytes' },
  container_cpu_usage_seconds_total: { of: 'container', amount: 'cpuSeconds' },
  container_memory_working_set_bytes: { of: 'container', amount: 'memoryBytes' },
  container_start_time_seconds: { of: 'container', amount: 'startedAt' },
};

const sample = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * Parses the Prometheus text of a kubelet; `now` (milliseconds) is used for samples without a time. Lines of other
 * metrics and unreadable lines are skipped. Incomplete measurements are left out: a node without both values, and a pod
 * with a container without CPU time or memory, which has just started or ended (upstream: the decoder of
 * metrics-server).
 */
export function readResourceMetrics(text: string, now: number): Reading {
  const node: Draft = {};
  const pods = new Map<PodKey, Map<string, Draft>>();
  for (const line of text.split('\n')) {
    const found = sample.exec(line);
    const [, family = '', pairs = '', value = '', time] = found ?? [];
    if (!found || !Object.hasOwn(amounts, family)) continue;
    const { of, amount } = amounts[family] as (typeof amounts)[string];
    const draft = of === 'node' ? node : containerDraft(pods, labelsOf(pairs));
    if (amount === 'startedAt') draft.startedAt = Number(value) * 1000;
    else {
      draft[amount] = Number(value);
      draft.at = time === undefined ? now : Number(time);
    }
  }
  return { node: pointOf(node), pods: new Map([...pods].flatMap(([key, containers]) => wholePod(key, containers))) };
}

function labelsOf(pairs: string): Readonly<Record<string, string>> {
  const all = [...pairs.matchAll(label)].map(([, key = '', value = '']) => [key, value.replace(/\\(.)/g, '$1')]);
  return Object.fromEntries(all);
}

function containerDraft(pods: Map<PodKey, Map<string, Draft>>, labels: Readonly<Record<string, string>>): Draft {
  const key = `${labels.namespace}/${labels.pod}`;
  const containers = pods.get(key) ?? new Map<string, Draft>();
  pods.set(key, containers);
  const draft = containers.get(labels.container ?? '') ?? {};
  containers.set(labels.container ?? '', draft);
  return draft;
}

function pointOf({ cpuSeconds, memoryBytes, at, startedAt }: Draft): Point | undefined {
  if (!cpuSeconds || !memoryBytes || at === undefined) return undefined;
  return { cpuSeconds, memoryBytes, at, startedAt };
}

function wholePod(key: PodKey, containers: ReadonlyMap<string, Draft>): [PodKey, Map<string, Point>][] {
  // A container of which only the start time is known has no measurement, and does not hide the others.
  const complete = [...containers].filter(
    ([, { cpuSeconds, memoryBytes }]) => (cpuSeconds ?? memoryBytes) !== undefined,
  );
  const points = complete.map(([name, draft]) => [name, pointOf(draft)] as const);
  const whole = points.filter((entry): entry is readonly [string, Point] => entry[1] !== undefined);
  return whole.length > 0 && whole.length === points.length ? [[key, new Map(whole)]] : [];
}
