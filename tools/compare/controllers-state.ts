import type { Side } from './controllers-side.ts';
import { pathOf } from './controllers-steps.ts';

type Json = Record<string, unknown>;

interface Thing {
  readonly kind: string;
  readonly metadata: Json & {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: Json;
  readonly status?: Json;
  readonly addressType?: string;
}

/** The resources to compare: those in the namespace, and volumes outside it by their class or claim. */
const resources = [
  'apps/v1/deployments',
  'apps/v1/replicasets',
  'apps/v1/statefulsets',
  'apps/v1/daemonsets',
  'apps/v1/controllerrevisions',
  'batch/v1/jobs',
  'v1/replicationcontrollers',
  'v1/pods',
  'v1/services',
  'v1/endpoints',
  'discovery/endpointslices',
  'policy/poddisruptionbudgets',
  'autoscaling/v1/horizontalpodautoscalers',
  'v1/resourcequotas',
  'v1/configmaps',
  'v1/serviceaccounts',
  'v1/persistentvolumeclaims',
  'cluster:v1/persistentvolumes',
  'cluster:v1/nodes',
  'v1/events',
];

export interface State {
  /** All objects as they are, by resource. */
  readonly things: ReadonlyMap<string, readonly Thing[]>;
  /** Changes whenever anything other than an event does. */
  readonly mark: string;
}

export async function readState({ client, isOriginal }: Side, namespace: string): Promise<State> {
  const lists = resources.map(async (resource) => {
    let { items } = await client.json<{ items: Thing[] }>('GET', pathOf(resource, namespace, isOriginal));
    // For headless services, the original makes slices of both families, whichever addresses they have.
    if (resource.startsWith('discovery/')) items = items.filter(({ addressType }) => addressType !== 'IPv6');
    const own = resource.startsWith('cluster:')
      ? items.filter(({ metadata, spec }) => spec?.storageClassName === namespace || metadata.name === `n-${namespace}`)
      : items;
    return [resource, own] as const;
  });
  const own = await client.json<Thing>('GET', `/api/v1/namespaces/${namespace}`).then(
    (one) => [one],
    () => [],
  );
  const things = new Map<string, readonly Thing[]>([...(await Promise.all(lists)), ['namespace', own]]);
  const marked = [...things].filter(([resource]) => resource !== 'v1/events');
  const mark = marked
    .map(([, items]) => items.map(({ metadata }) => `${metadata.uid}:${metadata.resourceVersion}`))
    .join();
  return { things, mark };
}

/**
 * The state without parts that cannot be equal on both sides: times, uids, addresses, generated names. One line per
 * field or event, sorted.
 */
export function normalized({ things }: State, known: Map<string, string>): string[] {
  const names = stableNames(things, known);
  const rename = (text: string): string => {
    let result = text;
    for (const [name, stable] of names) if (result.includes(name)) result = result.replaceAll(name, stable);
    return result
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
      .replace(/\b([a-z0-9][-a-z0-9.]*)-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-*')
      .replace(/\bbare-\d\b/g, 'bare-N')
      .replace(/^(.*daemon pod .* on node) n\d/, '$1 nN')
      .replace('(combined from similar events): ', '')
      .replace(/\b10\.\d+\.\d+\.\d+\b/g, 'IP');
  };
  const lines: string[] = [];
  for (const [resource, items] of things) {
    const texts = items.map((item) =>
      resource === 'v1/events'
        ? [eventLine(item as unknown as EventLike, rename)]
        : leaves(shown(resource, item)).map(rename),
    );
    lines.push(
      ...texts
        .flat()
        .sort()
        .map((text) => `${resource.replace('cluster:', '')} ${text}`),
    );
  }
  return resourceEventsCounted(lines);
}

/**
 * Stable names for generated ones, including those of deleted objects. Revisions are numbered; an object with a
 * generated suffix is named after its owner.
 */
function stableNames(things: State['things'], found: Map<string, string>): ReadonlyMap<string, string> {
  for (const set of things.get('apps/v1/replicasets') ?? []) {
    const hash = (set.metadata.labels as Json | undefined)?.['pod-template-hash'];
    if (typeof hash === 'string')
      found.set(hash, `r${set.metadata.annotations?.['deployment.kubernetes.io/revision']}`);
  }
  for (const one of things.get('apps/v1/controllerrevisions') ?? []) {
    const hash = one.metadata.name.slice(one.metadata.name.lastIndexOf('-') + 1);
    found.set(hash, `r${(one as unknown as { revision: number }).revision}`);
  }
  return found;
}

/** Generated suffixes have no vowels. */
const drawn = /-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

const forgotten = new Set([
  // Its presence depends on how many changes one sync of the controller covers.
  'endpoints.kubernetes.io/last-change-trigger-time',
  'uid',
  'resourceVersion',
  'managedFields',
  'selfLink',
  'creationTimestamp',
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'podIP',
  'podIPs',
  'hostIP',
  'hostIPs',
  'nodeName',
  'ip',
  'containerID',
  'tolerations',
]);

function shown(resource: string, { metadata, spec, status, ...rest }: Thing): Json {
  const name = metadata.generateName ? metadata.name.replace(drawn, '-*') : metadata.name;
  const isPod = resource === 'v1/pods';
  const podSpec = isPod
    ? {
        hostname: spec?.hostname,
        subdomain: spec?.subdomain,
        image: (spec?.containers as Json[] | undefined)?.[0]?.image,
      }
    : undefined;
  const podStatus = isPod ? { phase: status?.phase, reason: status?.reason } : undefined;
  return without({
    ...rest,
    metadata: { ...metadata, name },
    spec: podSpec ?? spec,
    status: podStatus ?? status,
  }) as Json;
}

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !forgotten.has(key) && part !== undefined && part !== null)
      .map(([key, part]) => [key, without(part)]),
  );
}

interface EventLike {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}

function eventLine(
  { involvedObject, type, reason, message, count = 1 }: EventLike,
  rename: (text: string) => string,
): string {
  const isFromController =
    !reason.endsWith('cheduled') && !reason.endsWith('Scheduling') && involvedObject.kind !== 'Node';
  if (!isFromController) return '';
  const name = involvedObject.kind === 'Pod' ? '' : rename(involvedObject.name);
  const said = rename(message);
  return `${involvedObject.kind} ${name} ${type} ${reason}: ${said} x${count}`;
}

/** Merges events with the same text and adds up their counts. */
function resourceEventsCounted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  const others: string[] = [];
  for (const line of lines) {
    const [, words, count] = /^v1\/events (.*) x(\d+)$/s.exec(line) ?? [];
    if (words) counts.set(words, (counts.get(words) ?? 0) + Number(count));
    else if (line !== 'v1/events ') others.push(line);
  }
  return [...others, ...[...counts].map(([words, count]) => `event ${words} x${count}`).sort()];
}

/** `name path = value` for each value in an object; list elements are named by their key. */
function leaves(thing: Json): string[] {
  const { name } = thing.metadata as { name: string };
  const found: string[] = [];
  const walk = (value: unknown, path: string): void => {
    const isDeep = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    if (!isDeep) found.push(`${name} ${path} = ${JSON.stringify(value)}`);
    else if (Array.isArray(value)) for (const part of value) walk(part, `${path}[${nameOf(part)}]`);
    else for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`);
  };
  walk(thing, '');
  return found;
}

function nameOf(part: unknown): string {
  const { type, name, kind } = (part ?? {}) as Json;
  return String(type ?? name ?? kind ?? '');
}
