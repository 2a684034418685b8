import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@typernetes/api/core/v1';
import { namedPort, targetPorts, throughService } from './target-ports.ts';

const pod = {
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'web', image: 'web', ports: [{ name: 'http', containerPort: 8080 }] }] },
} as unknown as Pod;
const service = {
  metadata: { name: 'web' },
  spec: { ports: [{ name: 'www', port: 80, targetPort: 'http' }] },
} as unknown as Service;

test('names of ports, and ports of a service', () => {
  assert.equal(namedPort('http', pod), '8080');
  assert.equal(namedPort('9000:http', pod), '9000:8080');
  assert.equal(throughService('80', service, pod), '80:8080');
  assert.equal(throughService('9000:www', service, pod), '9000:8080');
  assert.throws(() => throughService('81', service, pod), { message: 'Service web does not have a service port 81' });
});

test('ports of UDP alone are refused, before those that are missing', () => {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'both', port: 54, protocol: 'UDP' },
    { name: 'other', port: 54, protocol: 'TCP' },
  ];
  const both = { metadata: { name: 'both' }, spec: { ports } } as unknown as Service;
  const refused = { message: 'UDP protocol is not supported for dns' };
  assert.throws(() => targetPorts(['99', 'dns'], { service: both, pod }), refused);
  assert.deepEqual(targetPorts(['both'], { service: both, pod }), ['54']);
  const containers = [{ ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP' }] }];
  const server = { metadata: { name: 'dns' }, spec: { containers } } as unknown as Pod;
  assert.throws(() => targetPorts([':dns'], { service: undefined, pod: server }), refused);
});

test('a service port without a name may be meant by none; a port of a pod may not', () => {
  const unnamed = { metadata: { name: 'one' }, spec: { ports: [{ port: 80 }] } } as unknown as Service;
  assert.deepEqual(targetPorts([':', '1:'], { service: unnamed, pod }), ['80', '1:80']);
  const { containers } = { containers: [{ ports: [{ containerPort: 80 }] }] };
  const plain = { metadata: { name: 'one' }, spec: { containers } } as unknown as Pod;
  assert.throws(() => targetPorts(['1:'], { service: undefined, pod: plain }), {
    message: 'remote port cannot be empty',
  });
});
