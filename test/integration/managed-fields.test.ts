import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configmaps,
  namespaces,
  type Pod,
  persistentvolumeclaims,
  pods,
  secrets,
  serviceaccounts,
  services,
} from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { withApi } from './api.ts';

/** The fields that a manager owns below a part of an object, by their names in `managedFields`. */
function ownedBy(object: ApiObject, manager: string, part: string): string[] {
  const entry = object.metadata.managedFields?.find((one) => one.manager === manager);
  const fields = entry?.fieldsV1 as Record<string, object> | undefined;
  return Object.keys(fields?.[part] ?? {}).sort();
}

test('the server owns what it writes by itself', () =>
  withApi(async (client) => {
    const { metadata } = await client.resource(namespaces).get({ name: 'kube-system' });
    assert.deepEqual(
      metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
      [['kube-apiserver', 'Update']],
    );
  }));

test('a creator owns the given fields and the defaults, and nothing that the server has added', () =>
  withApi(async (client) => {
    const by = { fieldManager: 'maker' };
    const service = await client
      .resource(services)
      .create({ metadata: { namespace: 'default', name: 'web' }, spec: { ports: [{ port: 80 }] } } as never, by);
    assert.ok(service.spec?.clusterIP);
    assert.deepEqual(ownedBy(service, 'maker', 'f:spec'), [
      'f:internalTrafficPolicy',
      'f:ports',
      'f:sessionAffinity',
      'f:type',
    ]);

    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    const pod: Pod = await client.resource(pods).create(
      {
        metadata: { namespace: 'default', name: 'web' },
        spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
      } as never,
      by,
    );
    assert.equal(pod.spec.serviceAccountName, 'default');
    assert.equal(pod.spec.tolerations?.length, 2);
    assert.deepEqual(ownedBy(pod, 'maker', 'f:spec'), [
      'f:containers',
      'f:dnsPolicy',
      'f:enableServiceLinks',
      'f:restartPolicy',
      'f:schedulerName',
      'f:securityContext',
      'f:terminationGracePeriodSeconds',
    ]);

    const secret = await client
      .resource(secrets)
      .create({ metadata: { namespace: 'default', name: 'key' }, stringData: { a: 'b' } }, by);
    assert.deepEqual(ownedBy(secret, 'maker', 'f:data'), ['.', 'f:a']);
    assert.deepEqual(ownedBy(secret, 'maker', 'f:stringData'), []);

    const claim = await client.resource(persistentvolumeclaims).create(
      {
        metadata: { namespace: 'default', name: 'disk' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      } as never,
      by,
    );
    assert.deepEqual(claim.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    assert.deepEqual(ownedBy(claim, 'maker', 'f:metadata'), []);
  }));

test('a null in an apply configuration does not remove merged values', () =>
  withApi(async (client) => {
    const ref = { namespace: 'default', name: 'settings' };
    const maps = client.resource(configmaps);
    const config = (data: object | null) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data });
    await maps.patch(ref, config({ a: '1' }), { type: 'apply', fieldManager: 'one' });
    const kept = await maps.patch(ref, config(null), { type: 'apply', fieldManager: 'two' });
    assert.deepEqual(kept.data, { a: '1' });
  }));
