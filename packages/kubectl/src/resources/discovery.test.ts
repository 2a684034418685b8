import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ApiClient } from '@typernetes/client';
import { discoveryCache } from './discovery-cache.ts';
import { resourceFinder } from './finder.ts';

/** A server with these paths that counts requests. */
function serving(answers: Readonly<Record<string, unknown>>): Pick<ApiClient, 'transport'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    transport: {
      async request({ path }) {
        asked.push(path);
        const body = async function* () {
          yield Buffer.from(JSON.stringify(answers[path] ?? { kind: 'Status', code: 404, reason: 'NotFound' }));
        };
        return { status: path in answers ? 200 : 404, headers: {}, body: body() };
      },
      upgrade: () => Promise.reject(new Error('not here')),
      close() {},
    },
  };
}

const widget = { name: 'widgets', singularName: 'widget', namespaced: true, kind: 'Widget', verbs: ['get', 'list'] };
/** Responses of a server without aggregated discovery. */
const plain = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'example.com',
        versions: [
          { groupVersion: 'example.com/v2', version: 'v2' },
          { groupVersion: 'example.com/v1', version: 'v1' },
        ],
        preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
      },
    ],
  },
  '/api/v1': { resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] }] },
  '/apis/example.com/v1': { resources: [widget, { ...widget, name: 'widgets/status' }] },
  '/apis/example.com/v2': { resources: [widget] },
};
const aggregatedWidget = {
  resource: 'widgets',
  singularResource: 'widget',
  scope: 'Namespaced',
  responseKind: { group: 'example.com', version: 'v1', kind: 'Widget' },
  verbs: ['get', 'list'],
  subresources: [{ subresource: 'status', responseKind: { kind: 'Widget' }, verbs: ['patch'] }],
};
const aggregated = {
  '/api': { items: [] },
  '/apis': {
    items: [{ metadata: { name: 'example.com' }, versions: [{ version: 'v1', resources: [aggregatedWidget] }] }],
  },
};

test('reads discovery from servers with and without aggregation, with the preferred version first', async () => {
  for (const answers of [plain, aggregated]) {
    const { group, version, plural, kind, namespaced } = await resourceFinder(serving(answers)).byName('widget');
    assert.deepEqual([group, version, plural, kind, namespaced], ['example.com', 'v1', 'widgets', 'Widget', true]);
  }
});

test("caches discovery for six hours in upstream's format, and refreshes it for missing resources", async () => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'kubectl-cache-'));
  try {
    let now = Date.now();
    const cache = discoveryCache({ cacheDir, server: 'https://192.0.2.1:6443' }, () => now);
    await resourceFinder(serving(aggregated), cache).byName('widgets');
    const folder = join(cacheDir, 'discovery', '192.0.2.1_6443');
    const kept = JSON.parse(readFileSync(join(folder, 'example.com/v1/serverresources.json'), 'utf8'));
    assert.deepEqual(
      [kept.kind, kept.groupVersion, kept.resources.map(({ name }: { name: string }) => name)],
      ['APIResourceList', 'example.com/v1', ['widgets', 'widgets/status']],
    );
    const second = serving(aggregated);
    await resourceFinder(second, cache).byName('widgets');
    assert.deepEqual(second.asked, []);
    const third = serving(aggregated);
    await assert.rejects(resourceFinder(third, cache).byName('gadgets'), /doesn't have a resource type "gadgets"/);
    assert.deepEqual(third.asked, ['/api', '/apis']);
    now += 7 * 3_600_000;
    const fourth = serving(aggregated);
    await resourceFinder(fourth, cache).byName('widgets');
    assert.deepEqual(fourth.asked, ['/api', '/apis']);
  } finally {
    rmSync(cacheDir, { recursive: true });
  }
});

test('warns once, from the cache, of a short name that a custom resource shares with a well-known kind', async () => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'kubectl-cache-'));
  try {
    const cache = discoveryCache({ cacheDir, server: 'https://192.0.2.1:6443' }, Date.now);
    const resource = { ...aggregatedWidget, shortNames: ['deploy', 'po'] };
    const server = serving({
      ...aggregated,
      '/apis': { items: [{ metadata: { name: 'example.com' }, versions: [{ version: 'v1', resources: [resource] }] }] },
    });
    const warnings: string[] = [];
    const finder = () => resourceFinder(server, cache, (text) => warnings.push(text));
    // Without a cache nothing is requested.
    assert.equal((await finder().byName('deploy')).plural, 'deployments');
    assert.deepEqual([server.asked, warnings], [[], []]);
    await finder().byName('widgets');
    server.asked.length = 0;
    const found = finder();
    for (const name of ['deploy', 'deploy', 'deployments', 'Deployment', 'deploy.apps'])
      assert.equal((await found.byName(name)).plural, 'deployments', name);
    assert.deepEqual(warnings, ['short name "deploy" could also match lower priority resource widgets.example.com']);
    assert.deepEqual(server.asked, []);
    await assert.rejects(found.byName('DEPLOY'), /the server doesn't have a resource type "DEPLOY"/);
  } finally {
    rmSync(cacheDir, { recursive: true });
  }
});
