import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, namespaces, type Pod, pods, resourcequotas, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { podpresets } from '@typernetes/api/settings/v1alpha1';
import type { ApiClient } from '@typernetes/client';
import type { Draft } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';

const namespace = 'default';

const pod = (name: string, over: object = {}): Draft<Pod> =>
  ({
    metadata: { name, namespace, labels: { role: 'frontend' } },
    spec: { containers: [{ name: 'web', image: 'nginx' }] },
    ...over,
  }) as unknown as Draft<Pod>;

/** Creates the account that pods need, and that a controller creates elsewhere. */
const account = (client: ApiClient) =>
  client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace } });

test('presets are applied to pods; a conflict leaves the pod alone and is reported by an event', async () => {
  await withApi(
    async (client) => {
      await account(client);
      const preset = await client.resource(podpresets).create({
        metadata: { name: 'allow-database', namespace },
        spec: {
          selector: { matchLabels: { role: 'frontend' } },
          env: [{ name: 'DB_PORT', value: '6379' }],
          volumeMounts: [{ mountPath: '/cache', name: 'cache-volume' }],
          volumes: [{ name: 'cache-volume', emptyDir: {} }],
        },
      });
      const website = await client.resource(pods).create(pod('website'));
      assert.deepEqual(website.spec.containers[0]?.env, [{ name: 'DB_PORT', value: '6379' }]);
      assert.equal(website.spec.volumes?.[0]?.name, 'cache-volume');
      assert.equal(
        website.metadata.annotations?.['podpreset.admission.kubernetes.io/podpreset-allow-database'],
        preset.metadata.resourceVersion,
      );
      const env = [{ name: 'DB_PORT', value: '1' }];
      const own = await client
        .resource(pods)
        .create(pod('own', { spec: { containers: [{ name: 'web', image: 'nginx', env }] } }));
      assert.deepEqual(own.spec.containers[0]?.env, env);
      assert.equal(own.metadata.annotations, undefined);
      const event = await eventually(async () =>
        (await client.resource(events).list({ namespace })).items.find(({ reason }) => reason === 'PodPresetConflict'),
      );
      assert.match(event.message ?? '', /merging env for allow-database has a conflict on DB_PORT/);
    },
    ['--enable-admission-plugins=PodPreset', '--runtime-config=settings.k8s.io/v1alpha1=true'],
  );
});

test('the preset plugin does nothing unless its API group is served', async () => {
  await withApi(
    async (client) => {
      await account(client);
      await assert.rejects(client.resource(podpresets).list({ namespace }), /could not find the requested resource/);
      assert.equal((await client.resource(pods).create(pod('website'))).metadata.name, 'website');
    },
    ['--enable-admission-plugins=PodPreset'],
  );
});

test('quotas hold under concurrent writes', async () => {
  await withApi(async (client) => {
    await account(client);
    const hard = { pods: '5', 'count/secrets': '1' };
    const quota = await client
      .resource(resourcequotas)
      .create({ metadata: { name: 'few', namespace }, spec: { hard } });
    // No usage has been counted yet: without it in the status, a quota limits nothing.
    await client.resource(pods).create(pod('early'));
    await client.resource(pods).delete({ namespace, name: 'early' }, { gracePeriodSeconds: 0 });
    await client
      .resource(resourcequotas)
      .updateStatus({ ...quota, status: { hard, used: { pods: '0', 'count/secrets': '0' } } });
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => client.resource(pods).create(pod(`p${i}`))),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
    const refused = results.find((result) => result.status === 'rejected');
    assert.match(String(refused?.reason), /exceeded quota: few, requested: pods=1, used: pods=5, limited: pods=5/);
    assert.equal((await client.resource(resourcequotas).get({ namespace, name: 'few' })).status?.used?.pods, '5');
    await client.resource(secrets).create({ metadata: { name: 'a', namespace } });
    await assert.rejects(
      client.resource(secrets).create({ metadata: { name: 'b', namespace } }),
      /exceeded quota: few/,
    );
  });
});

test('namespaces enforce a pod security level', async () => {
  await withApi(async (client) => {
    await account(client);
    const privileged = { containers: [{ name: 'web', image: 'nginx', securityContext: { privileged: true } }] };
    await client.resource(pods).create(pod('before', { spec: privileged }));
    const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    await client.resource(namespaces).patch({ name: namespace }, { metadata: { labels } }, { type: 'merge' });
    await assert.rejects(
      client.resource(pods).create(pod('after', { spec: privileged })),
      /pods "after" is forbidden: violates PodSecurity "baseline:latest": privileged \(container "web" must not set/,
    );
    const wrong = { 'pod-security.kubernetes.io/enforce': 'odd' };
    await assert.rejects(
      client.resource(namespaces).patch({ name: namespace }, { metadata: { labels: wrong } }, { type: 'merge' }),
      /must be one of privileged, baseline, restricted/,
    );
  });
});
