import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIService } from '@typernetes/api/apiregistration/v1';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { availabilityOf, type Surroundings } from './availability.ts';

const apiService = { spec: { service: { name: 'api', namespace: 'ns', port: 443 } } } as unknown as APIService;
const service = (spec: object): Service => ({ spec }) as unknown as Service;
const slice = (port: object, conditions: object): EndpointSlice =>
  ({ ports: [port], endpoints: [{ addresses: ['10.0.0.1'], conditions }] }) as unknown as EndpointSlice;
const listening = service({ type: 'ClusterIP', ports: [{ name: 'https', port: 443 }] });

const cases: readonly (readonly [around: Partial<Surroundings>, status: string, reason: string, message: string])[] = [
  [{}, 'False', 'ServiceNotFound', 'service/api in "ns" is not present'],
  [
    { service: service({ ports: [{ port: 80 }] }) },
    'False',
    'ServicePortError',
    'service/api in "ns" is not listening on port 443',
  ],
  [{ service: listening }, 'False', 'EndpointsNotFound', 'cannot find endpointslices for service/api in "ns"'],
  [
    { service: listening, slices: [slice({ name: 'https', port: 8443 }, { ready: false })] },
    'False',
    'MissingEndpoints',
    'endpointslices for service/api in "ns" have no addresses with port name "https"',
  ],
  [
    { service: listening, slices: [slice({ name: 'http', port: 8080 }, {})] },
    'False',
    'MissingEndpoints',
    'endpointslices for service/api in "ns" have no addresses with port name "https"',
  ],
  [{ service: listening, slices: [slice({ name: 'https', port: 8443 }, {})] }, 'True', 'Passed', 'all checks passed'],
  [{ service: service({ type: 'ExternalName' }) }, 'True', 'Passed', 'all checks passed'],
  [{ service: service({ type: 'ExternalName' }), failure: 'gone' }, 'False', 'FailedDiscoveryCheck', 'gone'],
];

test('words the condition Available as upstream does', () => {
  for (const [around, status, reason, message] of cases) {
    const found = availabilityOf(apiService, { service: undefined, slices: [], failure: undefined, ...around });
    assert.deepEqual(found, { type: 'Available', status, reason, message });
  }
  const local = { spec: {} } as unknown as APIService;
  const around = { service: undefined, slices: [], failure: undefined };
  assert.equal(availabilityOf(local, around).reason, 'Local');
});
