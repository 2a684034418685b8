import type { JsonObject } from '@typernetes/machinery';
import { atEach, type FieldPath } from './field-path.ts';
import { groupOf, type Resource } from './resource.ts';

interface Place {
  readonly path: FieldPath;
  /** Whether it is made where it is missing. */
  readonly create: boolean;
}

const made = (path: FieldPath): Place => ({ path, create: true });
const present = (path: FieldPath): Place => ({ path, create: false });

const podTerms = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
  `spec/template/spec/affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution[]/podAffinityTerm/labelSelector/matchLabels`,
  `spec/template/spec/affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution[]/labelSelector/matchLabels`,
]);
const spread = 'spec/template/spec/topologySpreadConstraints[]/labelSelector/matchLabels';

/** Templates of what a kind makes. */
const templates: Readonly<Record<string, readonly FieldPath[]>> = {
  ReplicationController: ['spec/template/metadata'],
  Deployment: ['spec/template/metadata'],
  ReplicaSet: ['spec/template/metadata'],
  DaemonSet: ['spec/template/metadata'],
  StatefulSet: ['spec/template/metadata'],
  Job: ['spec/template/metadata'],
  CronJob: ['spec/jobTemplate/metadata', 'spec/jobTemplate/spec/template/metadata'],
};

/** Selectors, in upstream's list of places for common labels. */
const selectors: Readonly<Record<string, readonly Place[]>> = {
  Service: [made('spec/selector')],
  ReplicationController: [made('spec/selector')],
  'Deployment.apps': [made('spec/selector/matchLabels'), ...podTerms.map(present), present(spread)],
  'ReplicaSet.apps': [made('spec/selector/matchLabels')],
  'DaemonSet.apps': [made('spec/selector/matchLabels')],
  'StatefulSet.apps': [made('spec/selector/matchLabels'), ...podTerms.map(present), present(spread)],
  'Job.batch': [present('spec/selector/matchLabels')],
  'CronJob.batch': [present('spec/jobTemplate/spec/selector/matchLabels')],
  'PodDisruptionBudget.policy': [present('spec/selector/matchLabels')],
  'NetworkPolicy.networking.k8s.io': [
    present('spec/podSelector/matchLabels'),
    present('spec/ingress[]/from[]/podSelector/matchLabels'),
    present('spec/egress[]/to[]/podSelector/matchLabels'),
  ],
};

export interface AddedLabels {
  readonly pairs: Readonly<Record<string, string>>;
  readonly selectors: boolean;
  readonly templates: boolean;
}

/** Adds labels to an object, and where it is asked for to what it selects and to what it makes. */
export function addLabels({ object }: Resource, added: AddedLabels): void {
  const { kind } = object;
  const group = groupOf(object);
  const places = [made('metadata/labels')];
  if (added.selectors) places.push(...(selectors[group === '' ? kind : `${kind}.${group}`] ?? []));
  if (added.selectors || added.templates) {
    places.push(...(templates[kind] ?? []).map((path) => made(`${path}/labels`)));
    if (kind === 'StatefulSet') places.push(made('spec/volumeClaimTemplates[]/metadata/labels'));
  }
  for (const place of places) add(object, place, added.pairs);
}

/** Adds annotations to an object and to what it makes. */
export function addAnnotations({ object }: Resource, pairs: Readonly<Record<string, string>>): void {
  for (const path of ['metadata', ...(templates[object.kind] ?? [])]) add(object, made(`${path}/annotations`), pairs);
}

function add(object: JsonObject, { path, create }: Place, pairs: Readonly<Record<string, string>>): void {
  atEach(object, path, {
    create,
    change(holder, member) {
      holder[member] = { ...(holder[member] as object | undefined), ...pairs };
    },
  });
}
