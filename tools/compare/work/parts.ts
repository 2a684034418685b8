import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';
import { Samples } from '../samples.ts';
import { makeObjects, removeObjects, sendStatus } from './places.ts';

const core = '/api/v1/namespaces/default';
const merge = { 'content-type': 'application/merge-patch+json' };

/**
 * Subresources: status, scale, binding, eviction, token, approval, and those that a kubelet would answer if there were
 * one.
 */
export async function parts(compare: Comparison, one: Case): Promise<void> {
  const chance = new Chance(one.seed);
  const kinds = [statuses, statuses, scales, podParts, podParts, tokens, approvals, namespaces];
  await chance.pick(kinds)(compare, chance, one.index);
}

/** Writes a status in all ways, with changes to the spec that must be ignored. */
async function statuses(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const resource = chance.pick(compare.facts.resources.filter(({ subresources }) => subresources.includes('status')));
  const [made] = await makeObjects(compare, resource, { chance, prefix: `s${index}`, count: 1, share: 0.3 });
  if (!made) return;
  const field = compare.facts.fields(resource.type).status;
  if (!field) return;
  for (let i = 0; i < 5; i++) {
    const samples = new Samples(compare.facts, chance, { share: 0.7, odd: chance.pick([0, 0, 0.1]) });
    const status = samples.value('status', field);
    const { name } = made.object.metadata as { name: string };
    const other = await samples.object(resource, name);
    const body = { ...other, metadata: { name, labels: { a: 'changed' }, finalizers: ['example.com/x'] }, status };
    const way = chance.pick(['PUT', 'merge', 'apply', 'json', 'GET']);
    const path = `${made.path}/status`;
    if (way === 'GET') await compare.ask({ method: 'GET', path });
    else if (way === 'PUT') await compare.ask({ method: 'PUT', path, body });
    else if (way === 'apply')
      await compare.ask({
        method: 'PATCH',
        path: `${path}?fieldManager=f&force=true`,
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: JSON.stringify({ ...body, metadata: { name } }),
      });
    else if (way === 'json')
      await compare.ask({
        method: 'PATCH',
        path,
        headers: { 'content-type': 'application/json-patch+json' },
        body: JSON.stringify([{ op: 'add', path: '/status', value: status }]),
      });
    else
      await compare.ask({
        method: 'PATCH',
        path,
        headers: merge,
        body: JSON.stringify({ status, spec: (other as Json).spec }),
      });
  }
  await removeObjects(compare, [made]);
}

async function scales(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const resource = chance.pick(compare.facts.resources.filter(({ subresources }) => subresources.includes('scale')));
  const [made] = await makeObjects(compare, resource, { chance, prefix: `c${index}`, count: 1, share: 0.2 });
  if (!made) return;
  const path = `${made.path}/scale`;
  const { name } = made.object.metadata as { name: string };
  for (let i = 0; i < 6; i++) {
    const replicas = chance.pick<unknown>([0, 1, 3, -1, 'x', null, 2.5, 2147483648]);
    const metadata = {
      name: chance.of(0.9) ? name : 'other',
      ...(chance.of(0.2) ? { resourceVersion: '1' } : {}),
      ...(chance.of(0.1) ? { labels: { a: 'b' } } : {}),
    };
    const scale = {
      apiVersion: chance.of(0.9) ? 'autoscaling/v1' : 'apps/v1',
      kind: chance.of(0.9) ? 'Scale' : 'Other',
      metadata,
      spec: { replicas },
      status: { replicas: 5 },
    };
    const way = chance.pick(['GET', 'PUT', 'merge', 'json', 'strategic']);
    if (way === 'GET') await compare.ask({ method: 'GET', path });
    else if (way === 'PUT')
      await compare.ask({
        method: 'PUT',
        path: `${path}${chance.pick(['', '?dryRun=All', '?fieldManager=f'])}`,
        body: scale,
      });
    else if (way === 'json')
      await compare.ask({
        method: 'PATCH',
        path,
        headers: { 'content-type': 'application/json-patch+json' },
        body: JSON.stringify([{ op: 'replace', path: '/spec/replicas', value: replicas }]),
      });
    else
      await compare.ask({
        method: 'PATCH',
        path,
        headers: way === 'merge' ? merge : { 'content-type': 'application/strategic-merge-patch+json' },
        body: JSON.stringify(chance.of(0.5) ? { spec: { replicas } } : scale),
      });
    await compare.ask({ method: 'GET', path: made.path });
  }
  await removeObjects(compare, [made]);
}

async function podParts(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const pods = compare.facts.resources.find(({ plural, group }) => plural === 'pods' && group === '');
  if (!pods) return;
  await compare.quietly({ method: 'POST', path: `${core}/serviceaccounts`, body: { metadata: { name: 'default' } } });
  const made = await makeObjects(compare, pods, { chance, prefix: `p${index}`, count: 2, share: 0.2 });
  const [first] = made;
  if (!first) return;
  const { name } = first.object.metadata as { name: string };
  if (chance.of(0.4)) await sendStatus(compare, pods, { chance, path: first.path });
  if (chance.of(0.3))
    await compare.quietly({
      method: 'POST',
      path: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
      body: { metadata: { name: `b${index}` }, spec: { minAvailable: 1, selector: {} } },
    });
  const binding = (): Json => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: {
      name: chance.of(0.9) ? name : 'other',
      ...(chance.of(0.2) ? { labels: { l: '1' }, annotations: { x: 'y' } } : {}),
      ...(chance.of(0.1) ? { uid: 'other' } : {}),
    },
    target: chance.pick<unknown>([
      { kind: 'Node', name: 'n1' },
      { name: 'n1' },
      { kind: 'Pod', name: 'x' },
      {},
      { apiVersion: 'v1', kind: 'Node', name: 'A B' },
    ]),
  });
  const eviction = (): Json => ({
    apiVersion: chance.pick(['policy/v1beta1', 'policy/v1beta1', 'v1']),
    kind: 'Eviction',
    metadata: { name: chance.of(0.9) ? name : 'other', namespace: 'default' },
    ...(chance.of(0.4)
      ? {
          deleteOptions: chance.pick<unknown>([
            { gracePeriodSeconds: 0 },
            { dryRun: ['All'] },
            { preconditions: { uid: 'other' } },
            { gracePeriodSeconds: -5 },
            { propagationPolicy: 'Odd' },
          ]),
        }
      : {}),
  });
  const asks = [
    () => compare.ask({ method: 'POST', path: `${first.path}/binding`, body: binding() }),
    () => compare.ask({ method: 'POST', path: `${core}/bindings`, body: binding() }),
    () => compare.ask({ method: 'POST', path: `${first.path}/eviction`, body: eviction() }),
    () =>
      compare.ask({
        method: 'GET',
        path: `${first.path}/log${chance.pick(['', '?container=none', '?tailLines=-1', '?sinceSeconds=0', '?limitBytes=0', '?previous=true', '?follow=x', '?sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z', '?timestamps=true'])}`,
      }),
    () => compare.ask({ method: 'GET', path: `${core}/pods/none/log` }),
    () =>
      compare.ask({
        method: chance.pick(['GET', 'POST']),
        path: `${first.path}/${chance.pick(['exec', 'attach', 'portforward'])}${chance.pick(['', '?command=a', '?container=none&command=a&stdout=true', '?stdin=x'])}`,
      }),
    () => compare.ask({ method: chance.pick(['GET', 'PUT', 'POST']), path: `${first.path}/proxy/a` }),
    () =>
      compare.ask({
        method: 'PATCH',
        path: `${first.path}/status`,
        headers: merge,
        body: JSON.stringify({
          status: { phase: chance.pick(['Running', 'Odd', 'Succeeded']), podIP: chance.pick(['192.0.2.1', 'x', '']) },
        }),
      }),
    () =>
      compare.ask({
        method: 'PATCH',
        path: first.path,
        headers: merge,
        body: JSON.stringify({
          spec: chance.pick<unknown>([
            { activeDeadlineSeconds: 5 },
            { nodeName: 'n2' },
            { terminationGracePeriodSeconds: 1 },
            { containers: [{ name: 'main', image: 'other' }] },
            { tolerations: [{ operator: 'Exists' }] },
          ]),
        }),
      }),
    () => compare.ask({ method: 'GET', path: first.path }),
    () =>
      compare.ask({
        method: 'DELETE',
        path: `${first.path}${chance.pick(['', '?gracePeriodSeconds=5', '?gracePeriodSeconds=1', '?dryRun=All'])}`,
      }),
  ];
  for (let i = 0; i < 8; i++) await chance.pick(asks)();
  await removeObjects(compare, made);
  await compare.quietly({
    method: 'DELETE',
    path: `/apis/policy/v1/namespaces/default/poddisruptionbudgets/b${index}`,
  });
}

async function tokens(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const path = `${core}/serviceaccounts`;
  await compare.quietly({ method: 'POST', path, body: { metadata: { name: `t${index}` } } });
  for (let i = 0; i < 4; i++) {
    const spec = {
      ...(chance.of(0.5) ? { audiences: chance.pick<unknown>([['a'], [], ['a', 'b'], ['']]) } : {}),
      ...(chance.of(0.6) ? { expirationSeconds: chance.pick<unknown>([600, 599, 0, 3600, 2 ** 33, 'x']) } : {}),
      ...(chance.of(0.4)
        ? {
            boundObjectRef: chance.pick<unknown>([
              { kind: 'Pod', apiVersion: 'v1', name: 'none' },
              { kind: 'Secret', apiVersion: 'v1', name: 'none' },
              { kind: 'Odd', name: 'x' },
              { kind: 'Pod', apiVersion: 'apps/v1', name: 'x' },
            ]),
          }
        : {}),
    };
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      ...(chance.of(0.2) ? { metadata: { name: chance.pick([`t${index}`, 'other']) } } : {}),
      spec,
    };
    await compare.ask(
      { method: 'POST', path: `${path}/${chance.of(0.9) ? `t${index}` : 'none'}/token`, body },
      withoutToken,
    );
  }
  for (const token of ['', 'x', 'a.b.c'])
    await compare.ask({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(chance.of(0.3) ? { audiences: ['a'] } : {}) },
      },
    });
  await compare.quietly({ method: 'DELETE', path: `${path}/t${index}` });
}

function withoutToken(form: unknown): unknown {
  const { status } = form as { status?: { token?: string } };
  return typeof status === 'object' && status?.token ? { ...(form as object), status: Object.keys(status) } : form;
}

async function approvals(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const requests = compare.facts.resources.find(({ plural }) => plural === 'certificatesigningrequests');
  if (!requests) return;
  const [made] = await makeObjects(compare, requests, { chance, prefix: `q${index}`, count: 1, share: 0.2 });
  if (!made) return;
  for (let i = 0; i < 4; i++) {
    const condition = {
      type: chance.pick(['Approved', 'Denied', 'Failed', 'Odd']),
      status: chance.pick(['True', 'False', 'Odd', undefined]),
      ...(chance.of(0.5) ? { reason: 'Because', message: 'It is' } : {}),
    };
    const part = chance.pick(['approval', 'status']);
    const status = {
      conditions: chance.of(0.2) ? [] : [condition],
      ...(chance.of(0.2) ? { certificate: chance.pick(['YQ==', 'LS0tLS1CRUdJTg==']) } : {}),
    };
    await compare.ask({
      method: 'PATCH',
      path: `${made.path}/${part}`,
      headers: merge,
      body: JSON.stringify({ status }),
    });
    await compare.ask({ method: 'GET', path: `${made.path}/${part}` });
  }
  await removeObjects(compare, [made]);
}

async function namespaces(compare: Comparison, chance: Chance, index: number): Promise<void> {
  const path = '/api/v1/namespaces';
  const name = `f${index}`;
  await compare.ask({
    method: 'POST',
    path,
    body: {
      metadata: { name, ...(chance.of(0.3) ? { finalizers: ['example.com/a'] } : {}) },
      spec: chance.pick<Json>([{}, { finalizers: ['example.com/b'] }, { finalizers: ['odd'] }, { finalizers: [] }]),
    },
  });
  const body = {
    metadata: { name },
    spec: { finalizers: chance.pick<unknown>([[], ['kubernetes'], ['odd'], ['example.com/b', 'kubernetes']]) },
  };
  await compare.ask({ method: 'PUT', path: `${path}/${name}/finalize`, body });
  await compare.ask({ method: 'GET', path: `${path}/${name}/finalize` });
  await compare.ask({ method: 'DELETE', path: `${path}/${name}` });
  await compare.ask({ method: 'GET', path: `${path}/${name}` });
  await compare.ask({ method: 'POST', path: `${path}/${name}/configmaps`, body: { metadata: { name: 'late' } } });
  await compare.ask({ method: 'DELETE', path: `${path}/${name}` });
  await compare.ask({
    method: 'PUT',
    path: `${path}/${name}/finalize`,
    body: { metadata: { name }, spec: { finalizers: [] } },
  });
  await compare.ask({ method: 'GET', path: `${path}/${name}` });
  await compare.quietly({ method: 'DELETE', path: `${path}/${name}` });
}
