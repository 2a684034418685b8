import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '@typernetes/api/core/v1';
import { parseIpv4Range } from './ipv4-range.ts';
import { serviceAllocator } from './service-allocator.ts';

const range = parseIpv4Range('10.96.0.0/28') as NonNullable<ReturnType<typeof parseIpv4Range>>;
const service = (spec: ServiceSpec): Service => ({ metadata: { name: 'web', namespace: 'd' }, spec }) as Service;
const allocator = (existing: Service[] = []) =>
  serviceAllocator({
    addresses: range,
    nodePorts: { first: 30000, last: 30002 },
    existing,
    random: { next: () => 0 },
  });

test('gives addresses and ports, and takes them back', async () => {
  const services = allocator();
  const web = service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] });
  (await services.claim(web, undefined)).commit();
  assert.deepEqual(web.spec?.clusterIPs, ['10.96.0.1']);
  assert.deepEqual(web.spec?.ipFamilies, ['IPv4']);
  assert.equal(web.spec?.ports?.[0]?.nodePort, 30000);

  const same = service({ clusterIP: '10.96.0.1' });
  assert.throws(
    () => services.claim(same, undefined),
    /failed to allocate IP 10.96.0.1: provided IP is already allocated/,
  );
  services.release(web);
  (await services.claim(same, undefined)).commit();
});

test('a failed write gives back only what was new', async () => {
  const services = allocator();
  const web = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
  (await services.claim(web, undefined)).commit();
  const more = service({
    ...web.spec,
    ports: [
      { port: 80, nodePort: 30001 },
      { port: 81, name: 'b' },
    ],
  });
  (await services.claim(more, web)).revert();
  const other = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] });
  assert.throws(
    () => services.claim(other, undefined),
    /spec.ports\[0\].nodePort: Invalid value: 30001: provided port is already allocated/,
  );
});

test('says what is out of range, and knows what exists already', async () => {
  const services = allocator([service({ clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] })]);
  assert.throws(() => services.claim(service({ clusterIP: '10.96.0.5' }), undefined), /already allocated/);
  assert.throws(
    () => services.claim(service({ clusterIP: '10.0.0.5' }), undefined),
    /The range of valid IPs is 10.96.0.0\/28/,
  );
  const low = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] });
  assert.throws(() => services.claim(low, undefined), /The range of valid ports is 30000-30002/);
});

test('an update keeps the address and node ports that it does not mention', async () => {
  const services = allocator();
  const web = service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] });
  (await services.claim(web, undefined)).commit();
  const next = service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] });
  (await services.claim(next, web)).commit();
  assert.equal(next.spec?.clusterIP, web.spec?.clusterIP);
  assert.equal(next.spec?.ports?.[0]?.nodePort, web.spec?.ports?.[0]?.nodePort);
  const internal = service({
    type: 'ClusterIP',
    clusterIP: web.spec?.clusterIP,
    ports: [{ port: 80, nodePort: 30000 }],
  });
  (await services.claim(internal, next)).commit();
  assert.equal(internal.spec?.ports?.[0]?.nodePort, undefined);
});
