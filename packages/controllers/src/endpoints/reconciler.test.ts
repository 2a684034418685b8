import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints, Pod, Service } from '@typernetes/api/core/v1';
import { endpointsReconciler } from './reconciler.ts';

const meta = (name: string) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});
const service: Service = {
  metadata: meta('web'),
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], clusterIP: '10.96.0.9' },
};
const pods = (count: number): Pod[] =>
  Array.from({ length: count }, (_, at) => ({
    metadata: { ...meta(`web-${at}`), labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [] },
    status: { podIP: `10.0.${at >> 8}.${at & 255}`, conditions: [{ type: 'Ready', status: 'True' }] },
  }));

test('Endpoints over capacity are annotated, without repeated writes, and lose the annotation again', async () => {
  let present: Pod[] = pods(1001);
  let stored: Endpoints | undefined;
  let writes = 0;
  const store = async (body: unknown): Promise<Endpoints> => {
    writes++;
    stored = body as Endpoints;
    return stored;
  };
  const reconciler = endpointsReconciler({
    services: { get: () => service },
    pods: { inNamespace: () => present },
    endpoints: { get: () => stored },
    client: { create: store, update: store, delete: async () => undefined as never },
  });
  const said = (): unknown => stored?.metadata.annotations?.['endpoints.kubernetes.io/over-capacity'];
  const shown = (): unknown => [stored?.subsets?.[0]?.addresses?.length, said(), writes];
  const look = () => reconciler.reconcile('shop/web', new AbortController().signal);
  await look();
  assert.deepEqual(shown(), [1000, 'truncated', 1]);
  await look();
  assert.deepEqual(shown(), [1000, 'truncated', 1]);
  present = present.slice(0, 1000).reverse();
  await look();
  assert.deepEqual([said(), writes], [undefined, 2]);
});
