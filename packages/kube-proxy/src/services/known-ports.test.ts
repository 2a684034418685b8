import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { KnownPorts } from './known-ports.ts';

const service = (clusterIP: string): Service => ({
  metadata: { name: 'web', namespace: 'default' } as Service['metadata'],
  spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
});

const slice = (address: string): EndpointSlice => ({
  metadata: { name: 'web-a', namespace: 'default' } as EndpointSlice['metadata'],
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
  ports: [{ port: 8080 }],
});

test('ports are the same objects until the service or one of its slices is another', () => {
  const known = new KnownPorts('IPv4');
  const [web, first] = [service('10.96.0.7'), slice('10.244.0.1')];
  const [port] = known.of(web, [first]);
  assert.equal(known.of(web, [first])[0], port);
  const second = slice('10.244.0.2');
  assert.deepEqual(
    known.of(web, [first, second])[0]?.backends.map(({ ip }) => ip),
    ['10.244.0.1', '10.244.0.2'],
  );
  assert.deepEqual(
    known.of(web, [second])[0]?.backends.map(({ ip }) => ip),
    ['10.244.0.2'],
  );
  assert.deepEqual(known.of(web, [])[0]?.backends, []);
  assert.equal(known.of(service('10.96.0.8'), [second])[0]?.clusterIP, '10.96.0.8');
});
