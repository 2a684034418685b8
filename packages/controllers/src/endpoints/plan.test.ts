import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@typernetes/api/core/v1';
import { planSubsets } from './plan.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const service = (publishNotReadyAddresses = false): Service => ({
  metadata: meta('web'),
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], publishNotReadyAddresses },
});
const pod = (name: string, ip: string, ready: boolean): Pod => ({
  metadata: { ...meta(name), labels: { app: 'web' } },
  spec: { nodeName: 'n1', containers: [] },
  status: { podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

test('addresses that are not ready are listed separately, unless the service publishes them', () => {
  const pods = [pod('b', '10.0.0.2', true), pod('a', '10.0.0.1', true), pod('c', '10.0.0.3', false)];
  const shape = (subsets: ReturnType<typeof planSubsets>) =>
    subsets.map(({ addresses, notReadyAddresses, ports }) => [
      addresses?.map(({ ip }) => ip),
      notReadyAddresses?.map(({ ip }) => ip),
      ports?.map(({ name, port }) => `${name}:${port}`),
    ]);
  assert.deepEqual(shape(planSubsets(service(), pods)), [[['10.0.0.1', '10.0.0.2'], ['10.0.0.3'], ['http:8080']]]);
  assert.deepEqual(shape(planSubsets(service(true), pods)), [
    [['10.0.0.1', '10.0.0.2', '10.0.0.3'], undefined, ['http:8080']],
  ]);
  assert.deepEqual(planSubsets(service(), []), []);
});

test("addresses are of the service's first family; pods without one are omitted", () => {
  const both = (name: string, ...ips: string[]): Pod => ({
    ...pod(name, ips[0] ?? '', true),
    status: { ...pod(name, ips[0] ?? '', true).status, podIPs: ips.map((ip) => ({ ip })) },
  });
  const pods = [both('a', '10.0.0.1', 'fd00::1'), both('b', '10.0.0.2')];
  const of = (...ipFamilies: string[]): (string | undefined)[] => {
    const plain = service();
    const subsets = planSubsets({ ...plain, spec: { ...plain.spec, ipFamilies } }, pods);
    return subsets.flatMap(({ addresses }) => addresses?.map(({ ip }) => ip) ?? []);
  };
  assert.deepEqual(of('IPv6'), ['fd00::1']);
  assert.deepEqual(of('IPv6', 'IPv4'), ['fd00::1']);
  assert.deepEqual(of('IPv4', 'IPv6'), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(of(), ['10.0.0.1', '10.0.0.2']);
});
