import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scale } from '@typernetes/api/autoscaling/v1';
import type { ApiClient } from '@typernetes/client';
import { isNotFound, StatusError } from '@typernetes/machinery';
import { scaleClient } from './scale-client.ts';

const resource = (name: string, kind: string): object => ({
  name,
  kind,
  namespaced: true,
  singularName: '',
  verbs: [],
});
const list = (...names: [string, string][]): object => ({
  resources: names.map(([name, kind]) => resource(name, kind)),
});
const versions = (...names: string[]): object => {
  const all = names.map((version) => ({ groupVersion: `g.example/${version}`, version }));
  return { versions: all, preferredVersion: all[0] };
};
const scale = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { replicas: 2 },
} satisfies Scale;

/** A server with this content by path, which records the requests. */
function server(content: Record<string, object>) {
  const asked: string[] = [];
  const json = async (method: string, path: string): Promise<unknown> => {
    asked.push(`${method} ${path}`);
    const answer = content[path];
    if (!answer) throw new StatusError('NotFound', `${path} is not there`);
    return answer;
  };
  return { content, asked, scales: scaleClient({ json } as Pick<ApiClient, 'json'>) };
}

const target = (apiVersion: string, kind = 'Thing') => ({ apiVersion, kind, namespace: 'n', name: 'a' });

test("finds a kind in its group's preferred version, even when the reference names a removed one", async () => {
  const { scales, asked } = server({
    '/apis/g.example': versions('v2', 'v1'),
    '/apis/g.example/v2': list(['others', 'Other']),
    '/apis/g.example/v1': list(['things', 'Thing'], ['things/scale', 'Scale']),
    '/apis/g.example/v1/namespaces/n/things/a/scale': scale,
  });
  assert.equal((await scales.get(target('g.example/v1beta2'))).spec?.replicas, 2);
  await scales.update(target('g.example/v1beta2'), scale);
  const at = '/apis/g.example/v1/namespaces/n/things/a/scale';
  assert.deepEqual(asked.slice(-2), [`GET ${at}`, `PUT ${at}`]);
  assert.equal(asked.length, 5, 'looked up once');
});

test('falls back to the next version that serves it', async () => {
  const { scales, content } = server({
    '/apis/g.example': versions('v1'),
    '/apis/g.example/v1': list(['things', 'Thing'], ['things/scale', 'Scale']),
    '/apis/g.example/v1/namespaces/n/things/a/scale': scale,
  });
  await scales.get(target('g.example/v1'));
  for (const path of Object.keys(content)) delete content[path];
  content['/apis/g.example'] = versions('v2');
  content['/apis/g.example/v2'] = list(['things', 'Thing'], ['things/scale', 'Scale']);
  content['/apis/g.example/v2/namespaces/n/things/a/scale'] = scale;
  await assert.rejects(scales.get(target('g.example/v1')), isNotFound);
  assert.equal((await scales.get(target('g.example/v1'))).spec?.replicas, 2);
});

test('reports unknown groups and kinds, and kinds without a scale', async () => {
  const { scales } = server({
    '/api/v1': list(['pods', 'Pod']),
    '/apis/g.example': versions('v1'),
    '/apis/g.example/v1': list(),
  });
  await assert.rejects(
    scales.get(target('nobody.example/v1')),
    /^Error: no matches for kind "Thing" in group "nobody.example"$/,
  );
  await assert.rejects(scales.get(target('g.example/v1')), /^Error: no matches for kind "Thing" in group "g.example"$/);
  await assert.rejects(
    scales.get(target('v1', 'Pod')),
    /^Error: kind "Pod" in version "v1" does not implement the scale subresource$/,
  );
});
