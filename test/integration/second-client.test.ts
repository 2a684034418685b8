import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreV1Api, makeInformer, PatchStrategy, setHeaderOptions, type V1ConfigMap } from '@kubernetes/client-node';
import { systemClock } from '@typernetes/base';
import { eventually } from './api.ts';
import { withSecondClient } from './second-client.ts';

test("the Kubernetes project's JavaScript client reads, writes and watches objects", () =>
  withSecondClient(async (config) => {
    const api = config.makeApiClient(CoreV1Api);
    const namespace = 'default';
    const seen: string[] = [];
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      api.listNamespacedConfigMap({ namespace }),
    );
    for (const event of ['add', 'update', 'delete'] as const)
      informer.on(event, (map) => seen.push(`${event} ${map.metadata?.name}`));
    await informer.start();
    try {
      await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' }, data: { k: '1' } } });
      const created = await api.readNamespacedConfigMap({ namespace, name: 'a' });
      assert.ok(created.metadata?.creationTimestamp instanceof Date);
      await api.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...created, data: { k: '2' } } });
      const patched = await api.patchNamespacedConfigMap(
        { namespace, name: 'a', body: { data: { l: 'x' } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
      assert.deepEqual(patched.data, { k: '2', l: 'x' });
      await assert.rejects(api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' } } }), /409/);
      await api.deleteNamespacedConfigMap({ namespace, name: 'a' });
      await eventually(async () => seen.includes('delete a') || undefined);
      assert.deepEqual(seen, ['add a', 'update a', 'update a', 'delete a']);
    } finally {
      await informer.stop();
    }
  }));

test('its informers neither lose nor invent events when connections break and servers restart', () =>
  withSecondClient(async (config, { cut, restart }) => {
    const api = config.makeApiClient(CoreV1Api);
    const namespace = 'default';
    const seen: string[] = [];
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      api.listNamespacedConfigMap({ namespace }),
    );
    for (const event of ['add', 'update', 'delete'] as const)
      informer.on(event, (map) => seen.push(`${event} ${map.metadata?.name} ${map.data?.round ?? ''}`.trim()));
    // As documented: an informer must be restarted after an error.
    let stopped = false;
    const again = async (): Promise<void> => {
      while (!stopped) {
        try {
          return await informer.start();
        } catch {
          await systemClock.sleep(20);
        }
      }
    };
    informer.on('error', () => void again());
    /** Repeats a write until it has succeeded, because connections break. */
    const settle = (act: () => Promise<unknown>): Promise<true> =>
      eventually(async () => {
        try {
          await act();
          return true as const;
        } catch (error) {
          // The write succeeded, and its response was lost.
          return /HTTP-Code: (409|404)/.test(String(error)) || undefined;
        }
      });
    await informer.start();
    try {
      await settle(() => api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'kept' } } }));
      await eventually(() => seen.includes('add kept') || undefined);
      for (let round = 1; round <= 6; round++) {
        if (round % 2 === 0) await restart();
        else cut();
        const data = { round: String(round) };
        const name = `made-${round}`;
        await settle(() => api.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data } }));
        await settle(() =>
          api.replaceNamespacedConfigMap({ namespace, name: 'kept', body: { metadata: { name: 'kept' }, data } }),
        );
        await eventually(
          () => (seen.includes(`add ${name} ${round}`) && seen.includes(`update kept ${round}`)) || undefined,
        );
        if (round > 1) {
          await settle(() => api.deleteNamespacedConfigMap({ namespace, name: `made-${round - 1}` }));
          await eventually(() => seen.some((one) => one.startsWith(`delete made-${round - 1}`)) || undefined);
        }
      }
      const count = (start: string): number => seen.filter((one) => one.startsWith(start)).length;
      assert.equal(count('add kept'), 1);
      assert.equal(count('delete kept'), 0);
      for (let round = 1; round <= 6; round++)
        assert.deepEqual(
          [count(`add made-${round} `), count(`delete made-${round} `)],
          [1, round < 6 ? 1 : 0],
          `${seen}`,
        );
      const { items } = await api.listNamespacedConfigMap({ namespace });
      assert.deepEqual(items.map(({ metadata }) => metadata?.name).sort(), ['kept', 'made-6']);
    } finally {
      stopped = true;
      await informer.stop();
    }
  }));
