import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { at, type Conversation, itemsOf, type Wire } from './conversation.ts';

export const template = (labels: object, image = 'web:1') => ({
  metadata: { creationTimestamp: null, labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'web', image, resources: {}, securityContext: {} }],
    securityContext: {},
  },
});

/** A workload as Go clients write it: with empty fields. */
export const workload = (name: string, labels: Record<string, string>, spec: object = {}) => ({
  metadata: { name, creationTimestamp: null, labels },
  spec: { replicas: 1, selector: { matchLabels: labels }, template: template(labels), ...spec },
  status: {},
});

export const controller = (name: string, labels: Record<string, string>, spec: object = {}) => {
  const { spec: theirs, ...rest } = workload(name, labels, spec);
  return { ...rest, spec: { ...theirs, selector: labels } };
};

/** Waits until `holds` is true of the object, and returns it. */
export function until(talk: Conversation, path: string, holds: (object: Wire) => boolean): Promise<Wire> {
  return eventually(async () => {
    const object = await talk.get(path);
    return holds(object) ? object : undefined;
  });
}

export const status = (object: Wire, field: string) => at<number>(object, `status/${field}`) ?? 0;
export const condition = (object: Wire, type: string): Wire | undefined =>
  at<Wire[]>(object, 'status/conditions')?.find((one) => one.type === type);

export const complete = (replicas: number) => (object: Wire) =>
  status(object, 'replicas') === replicas &&
  status(object, 'updatedReplicas') === replicas &&
  status(object, 'availableReplicas') === replicas &&
  status(object, 'observedGeneration') >= (at<number>(object, 'metadata/generation') ?? 0);

export const revision = (object: unknown) =>
  at<Record<string, string>>(object, 'metadata/annotations')?.['deployment.kubernetes.io/revision'];

export async function scales(talk: Conversation, path: string): Promise<void> {
  const scale = await until(talk, `${path}/scale`, (one) => status(one, 'replicas') === 1);
  assert.equal(at(scale, 'spec/replicas'), 1);
  const { resourceVersion: _, ...metadata } = scale.metadata as Wire;
  const updated = await talk.replace(`${path}/scale`, { ...scale, metadata, spec: { replicas: 2 } });
  assert.equal(at(updated, 'spec/replicas'), 2);
  assert.equal(at(await talk.get(path), 'spec/replicas'), 2);
  const patch = { metadata: { creationTimestamp: null }, spec: { replicas: 4 }, status: { replicas: 0 } };
  await talk.patch(`${path}/scale`, patch, 'strategic');
  assert.equal(at(await talk.get(path), 'spec/replicas'), 4);
}

/** Writes /status in all ways while the controller writes it too. */
export async function hasStatus(talk: Conversation, path: string): Promise<void> {
  const since = at(await talk.get(path), 'metadata/resourceVersion');
  await eventually(async () => {
    const found = await talk.get(path);
    const conditions = [
      ...(at<Wire[]>(found, 'status/conditions') ?? []),
      { type: 'StatusUpdate', status: 'True', lastTransitionTime: null, reason: 'E2E', message: 'Set' },
    ];
    const answer = await talk.send('PUT', `${path}/status`, {
      ...found,
      status: { ...(found.status as Wire), conditions },
    });
    for await (const _ of answer.body);
    return answer.status === 200 || undefined;
  });
  const events = `${path.slice(0, path.lastIndexOf('/'))}?watch=true&resourceVersion=${since}&fieldSelector=metadata.name%3D${path.slice(path.lastIndexOf('/') + 1)}`;
  await talk.seen(events, ({ object }) => condition(object, 'StatusUpdate')?.reason === 'E2E');
  const patched = await talk.patch(`${path}/status`, {
    status: { conditions: [{ type: 'StatusPatched', status: 'True' }] },
  });
  assert.equal(condition(patched, 'StatusPatched')?.status, 'True');
  await talk.seen(events, ({ object }) => condition(object, 'StatusPatched') !== undefined);
}

export async function collects(talk: Conversation, resource: string, make: (name: string) => object): Promise<void> {
  for (const name of ['one', 'two', 'three']) await talk.create(talk.here(resource), make(name));
  const other = make('other') as { readonly metadata: object };
  await talk.create(talk.here(resource), { ...other, metadata: { ...other.metadata, labels: { collect: 'other' } } });
  const all = `/apis/${resource}`;
  const selector = `labelSelector=collect%3D${talk.namespace}`;
  const path = resource.includes('/') ? all : `/api/v1/${resource}`;
  assert.equal(itemsOf(await talk.get(`${path}?${selector}`)).length, 3);
  await talk.delete(`${talk.here(resource)}?${selector}`, { gracePeriodSeconds: 1 });
  await eventually(async () => itemsOf(await talk.get(`${path}?${selector}`)).length === 0 || undefined);
  assert.equal(at(await talk.get(talk.here(resource, 'other')), 'metadata/deletionTimestamp'), undefined);
}
