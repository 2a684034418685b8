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

function resolve(services: object[], slices: object[], port = 443) {
  const resolver = serviceResolver({
    services: literalReads<Service>(services as never),
    endpointSlices: literalReads<EndpointSlice>(slices as never),
    random: { next: () => 0.99 },
  });
  return resolver('a', 'hook', port);
}

test('a Service answers at a ready endpoint, else at its own address', () => {
  const plain = service({ clusterIP: '10.96.0.9', ports: [{ name: 'https', port: 443, targetPort: 8443 }] });
  const ready = { addresses: ['10.244.0.5'], conditions: { ready: true } };
  const starting = { addresses: ['10.244.0.6'], conditions: { ready: false } };
  assert.deepEqual(resolve([plain], [slice([ready, starting])]), { host: '10.244.0.5', port: 8443 });
  assert.deepEqual(resolve([plain], []), { host: '10.96.0.9', port: 443 });
  const outside = service({ type: 'ExternalName', externalName: 'hook.example.com' });
  assert.deepEqual(resolve([outside], []), { host: 'hook.example.com', port: 443 });
  assert.throws(() => resolve([], []), /service "hook" not found/);
  assert.throws(() => resolve([plain], [slice([starting])]), /no endpoints available for service "hook"/);
  assert.throws(() => resolve([plain], [], 80), /no service port 80 found for service "hook"/);
});
