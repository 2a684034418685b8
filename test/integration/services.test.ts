import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoints, endpoints, type Pod, pods, type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { type ServiceCIDR, servicecidrs } from '@typernetes/api/networking/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually } from './api.ts';
import { untilFound, withCluster } from './cluster.ts';
import { namespace, Rollout, webSpec } from './rollout.ts';

const ports = [{ name: 'http', port: 80, targetPort: 8080 }];

const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

async function slicesOf(client: ApiClient, service: string): Promise<EndpointSlice[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return (await client.resource<EndpointSlice>(endpointslices).list({ namespace, labelSelector })).items;
}

const readyIn = (slices: readonly EndpointSlice[]): number =>
  slices.flatMap((slice) => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;

test('services of every kind get the right endpoints', () =>
  withCluster({}, async (client) => {
    const serviceClient = client.resource<Service>(services);
    const web = new Rollout(client);
    await web.create(webSpec(2));
    await web.untilComplete();
    const selector = { app: 'web' };
    const create = (name: string, spec: Service['spec']) =>
      serviceClient.create({ metadata: { namespace, name }, spec });
    const sticky = await create('sticky', { selector, ports, sessionAffinity: 'ClientIP' });
    assert.equal(sticky.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds, 10_800);
    await create('headless', { selector, ports, clusterIP: 'None' });
    await create('external', { type: 'ExternalName', externalName: 'example.com' });
    await create('manual', { ports });

    const ips = (await web.pods()).map(({ status }) => status?.podIP).sort();
    for (const name of ['sticky', 'headless']) {
      const [slice] = await eventually(async () => {
        const found = await slicesOf(client, name);
        return readyIn(found) === 2 ? found : undefined;
      });
      assert.deepEqual(slice?.endpoints?.flatMap(({ addresses }) => addresses).sort(), ips);
      assert.deepEqual(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
      const isHeadless = slice?.metadata.labels?.['service.kubernetes.io/headless'] === '';
      assert.equal(isHeadless, name === 'headless');
      const { subsets, metadata } = await untilFound(() =>
        client.resource<Endpoints>(endpoints).get({ namespace, name }),
      );
      assert.deepEqual(subsets?.[0]?.addresses?.map(({ ip }) => ip).sort(), ips);
      for (const { annotations } of [metadata, slice?.metadata ?? {}])
        assert.match(annotations?.[triggerAnnotation] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
    assert.deepEqual([await slicesOf(client, 'external'), await slicesOf(client, 'manual')], [[], []]);

    const podClient = client.resource<Pod>(pods);
    const [first] = await web.pods();
    assert.ok(first);
    const conditions = [{ type: 'Ready', status: 'False' }];
    await podClient.patch(first.metadata, { status: { conditions } }, { type: 'strategic', subresource: 'status' });
    const [slice] = await eventually(async () => {
      const found = await slicesOf(client, 'sticky');
      return readyIn(found) === 1 ? found : undefined;
    });
    const left = slice?.endpoints?.find(({ targetRef }) => targetRef?.uid === first.metadata.uid);
    assert.deepEqual(left?.conditions, { ready: false, serving: false, terminating: false });
    await eventually(async () => {
      const { subsets } = await client.resource<Endpoints>(endpoints).get({ namespace, name: 'sticky' });
      const [subset] = subsets ?? [];
      return subset?.addresses?.length === 1 && subset.notReadyAddresses?.[0]?.ip === first.status?.podIP
        ? true
        : undefined;
    });

    await serviceClient.delete({ namespace, name: 'sticky' });
    await eventually(async () => ((await slicesOf(client, 'sticky')).length === 0 ? true : undefined));
  }));

test('addresses come from ranges added while the server runs, and a range stays while services use it', () =>
  withCluster({}, async (client) => {
    const [serviceClient, ranges] = [client.resource<Service>(services), client.resource<ServiceCIDR>(servicecidrs)];
    const create = (name: string) =>
      serviceClient.create({ metadata: { namespace, name }, spec: { ports, clusterIP: '192.168.7.9' } });
    const outside = /failed to allocate IP 192\.168\.7\.9: the provided network does not match the current range/;
    await assert.rejects(create('early'), outside);
    await ranges.create({ metadata: { name: 'more' }, spec: { cidrs: ['192.168.7.0/28'] } });
    // The server's own view of the ranges follows its writes.
    const web = await eventually(() =>
      create('web').catch((error: Error) => {
        assert.match(error.message, outside);
        return undefined;
      }),
    );
    assert.equal(web.spec.clusterIP, '192.168.7.9');
    await assert.rejects(create('second'), /provided IP is already allocated/);
    const readyIs = (status: string) =>
      eventually(async () => {
        const { conditions } = (await ranges.get({ name: 'more' })).status ?? {};
        return conditions?.find((one) => one.type === 'Ready' && one.status === status);
      });
    await readyIs('True');
    await ranges.delete({ name: 'more' });
    assert.equal(
      (await readyIs('False')).message,
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    );
    await serviceClient.delete({ namespace, name: 'web' });
    await assert.rejects(create('late'), outside);
  }));

test('250 pods fill three slices of at most a hundred', () =>
  withCluster({ nodes: ['node-1', 'node-2', 'node-3'] }, async (client) => {
    const spec = { selector: { app: 'web' }, ports };
    await client.resource<Service>(services).create({ metadata: { namespace, name: 'web' }, spec });
    const web = new Rollout(client);
    await web.create(webSpec(250));
    await web.untilComplete();
    const slices = await eventually(async () => {
      const found = await slicesOf(client, 'web');
      return readyIn(found) === 250 ? found : undefined;
    });
    const sizes = slices.map((slice) => slice.endpoints?.length ?? 0);
    assert.deepEqual(
      sizes.sort((a, b) => b - a),
      [100, 100, 50],
    );
    const uids = new Set(slices.flatMap((slice) => slice.endpoints ?? []).map(({ targetRef }) => targetRef?.uid));
    assert.equal(uids.size, 250);
  }));
