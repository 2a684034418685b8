import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { isNotFound } from '@typernetes/machinery';
import { withApi } from './api.ts';

test('a server that emulates an older release reports it, and has its gates and resources', () =>
  withApi(
    async (client) => {
      const version = await client.json<Record<string, string>>('GET', '/version');
      assert.deepEqual(
        [version.minor, version.emulationMinor, version.minCompatibilityMinor],
        ['36', '33', '33'],
        'compatible no further back than upstream lets it be',
      );
      const groups = await client.json<{ groups: { name: string }[] }>('GET', '/apis');
      const names = groups.groups.map(({ name }) => name);
      assert.ok(names.includes('networking.k8s.io'));
      assert.ok(!names.includes('resource.k8s.io'), 'stable since 1.34');
      await assert.rejects(client.json('GET', '/apis/resource.k8s.io/v1/deviceclasses'), isNotFound);
      await assert.rejects(
        client.json('GET', '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies'),
        isNotFound,
      );

      const metadata = { name: 'x', namespace: 'default' };
      await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
      const spec = { hostnameOverride: 'db', containers: [{ name: 'c', image: 'i' }] };
      const pod = await client.resource<Pod>(pods).create({ metadata, spec });
      assert.equal(pod.spec.hostnameOverride, undefined, 'the gate came in 1.34');
    },
    ['--emulated-version=1.33'],
  ));

test('a server can do without resources that some of its parts watch', () =>
  withApi(
    async (client) => {
      await assert.rejects(client.json('GET', '/apis/resource.k8s.io/v1/resourceclaims'), isNotFound);
      const metadata = { name: 'default', namespace: 'default' };
      assert.ok((await client.resource(serviceaccounts).create({ metadata })).metadata.uid);
    },
    ['--runtime-config=resource.k8s.io/v1=false,admissionregistration.k8s.io/v1=false,storage.k8s.io/v1=false'],
  ));
