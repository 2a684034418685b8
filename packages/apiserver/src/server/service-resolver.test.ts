import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { literalReads } from '../testing/object-reads.ts';
import { serviceResolver } from './service-resolver.ts';

const service = (spec: object) => ({ metadata: { name: 'hook', namespace: 'a' }, spec });
const slice = (endpoints: object[]) => ({
  metadata: { name: 'hook-1', namespace: 'a', labels: { 'kubernetes.io/service-name': 'hook' } },
  ports: [{ name: 'https', port: 8443 }],
  endpoints,
});

function resolve(services: object[], slices: object[], { port = 443, toEndpoints = true } = {}) {
  const resolver = serviceResolver(
    {
      services: literalReads<Service>(services as never),
      endpointSlices: literalReads<EndpointSlice>(slices as never),
    },
    { toEndpoints, random: { next: () => 0.99 } },
  );
  return resolver('a', 'hook', port);
}

const plain = service({ clusterIP: '10.96.0.9', ports: [{ name: 'https', port: 443, targetPort: 8443 }] });
const headless = service({ clusterIP: 'None', ports: [{ name: 'https', port: 443 }] });
const outside = service({ type: 'ExternalName', externalName: 'hook.example.com' });
const ready = { addresses: ['10.244.0.5'], conditions: { ready: true } };
const starting = { addresses: ['10.244.0.6'], conditions: { ready: false } };

test('with --enable-aggregator-routing a Service is reached at a ready endpoint', () => {
  assert.deepEqual(resolve([plain], [slice([ready, starting])]), { host: '10.244.0.5', port: 8443 });
  assert.deepEqual(resolve([headless], [slice([ready])]), { host: '10.244.0.5', port: 8443 });
  assert.throws(() => resolve([], []), /service "hook" not found/);
  assert.throws(() => resolve([plain], []), /^Error: no endpoints available for service "hook"$/);
  assert.throws(() => resolve([plain], [slice([starting])]), /no endpoints available for service "hook"/);
  assert.throws(() => resolve([plain], [], { port: 80 }), /no service port 80 found for service "hook"/);
  const sent = service({ type: 'ExternalName', ports: [{ port: 443 }] });
  assert.throws(() => resolve([sent], []), /unsupported service type "ExternalName"/);
});

test('the Service of the API is the server itself', () => {
  const own = { host: '127.0.0.1', port: 6443 };
  const reads = { services: literalReads<Service>([]), endpointSlices: literalReads<EndpointSlice>([]) };
  const find = serviceResolver(reads, { toEndpoints: false, own, random: { next: () => 0 } });
  assert.deepEqual(find('default', 'kubernetes', 443), own);
  assert.throws(() => find('default', 'kubernetes', 80), /service "kubernetes" not found/);
  assert.throws(() => find('a', 'kubernetes', 443), /service "kubernetes" not found/);
});

test('without it a Service is reached at its cluster IP', () => {
  const way = { toEndpoints: false };
  assert.deepEqual(resolve([plain], [slice([ready])], way), { host: '10.96.0.9', port: 443 });
  assert.deepEqual(resolve([outside], [], way), { host: 'hook.example.com', port: 443 });
  assert.throws(() => resolve([headless], [slice([ready])], way), /cannot route to service with ClusterIP "None"/);
  assert.throws(() => resolve([plain], [], { ...way, port: 80 }), /no service port 80 found for service "hook"/);
});
