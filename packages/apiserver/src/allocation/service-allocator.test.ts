import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '@typernetes/api/core/v1';
import { parseAddressRanges, rangeProblems } from './address-range.ts';
import { serviceAllocator } from './service-allocator.ts';
import { readyRanges } from './shared-allocator.ts';

const ranges = parseAddressRanges('10.96.0.0/28') ?? [];
const service = (spec: ServiceSpec): Service => ({ metadata: { name: 'web', namespace: 'd' }, spec }) as Service;
const allocator = (existing: Service[] = [], addresses = ranges) =>
  serviceAllocator({
    addresses,
    nodePorts: { first: 30000, last: 30002 },
    existing,
    random: { next: () => 0 },
  });

test('allocates addresses and ports, and releases them', async () => {
  const services = allocator();
  const web = service({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP' }] });
  (await services.claim(web, undefined)).commit();
  assert.deepEqual(web.spec?.clusterIPs, ['10.96.0.1']);
  assert.deepEqual(web.spec?.ipFamilies, ['IPv4']);
  assert.equal(web.spec?.ports?.[0]?.nodePort, 30000);

  const same = service({ clusterIP: '10.96.0.1' });
  assert.throws(
    () => services.claim(same, undefined),
    /spec\.clusterIPs: Invalid value: \["10\.96\.0\.1"\]: failed to allocate IP 10\.96\.0\.1: provided IP is already allocated/,
  );
  assert.throws(
    () => services.claim(service({ clusterIP: 'x' }), undefined),
    /spec\.clusterIPs\[0\]: Invalid value: "x": must be a valid IP address, /,
  );
  services.release(web);
  (await services.claim(same, undefined)).commit();
});

test('a failed write releases only what it newly claimed', async () => {
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

test('health check ports come from the same range, are unique, and are kept', async () => {
  const local: ServiceSpec = {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    allocateLoadBalancerNodePorts: false,
  };
  const services = allocator([service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] })]);
  const claimed = async (spec: ServiceSpec, current?: Service) => {
    const one = service({ ...local, ...spec });
    (await services.claim(one, current)).commit();
    return one;
  };
  const failed = 'Internal error occurred: failed to allocate requested HealthCheck NodePort';
  await assert.rejects(claimed({ healthCheckNodePort: 30001 }), {
    message: `${failed} 30001: provided port is already allocated`,
    code: 500,
  });
  await assert.rejects(claimed({ healthCheckNodePort: 1 }), {
    message: `${failed} 1: provided port is not in the valid range. The range of valid ports is 30000-30002`,
  });
  const first = await claimed({ healthCheckNodePort: 30002 });
  await assert.rejects(claimed({ healthCheckNodePort: 30002 }), /30002: provided port is already allocated/);
  assert.equal((await claimed({}, first)).spec?.healthCheckNodePort, 30002);
  assert.equal((await claimed({})).spec?.healthCheckNodePort, 30000);
  await assert.rejects(claimed({}), {
    message: 'Internal error occurred: failed to allocate a HealthCheck NodePort 0: range is full',
  });
  services.release(first);
  assert.equal((await claimed({})).spec?.healthCheckNodePort, 30002);
});

test('reports values out of range, and knows what existing services hold', async () => {
  const services = allocator([service({ clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] })]);
  assert.throws(() => services.claim(service({ clusterIP: '10.96.0.5' }), undefined), /already allocated/);
  assert.throws(
    () => services.claim(service({ clusterIP: '10.0.0.5' }), undefined),
    /failed to allocate IP 10\.0\.0\.5: the provided network does not match the current range/,
  );
  assert.throws(
    () => services.claim(service({ clusterIP: '10.96.0.0' }), undefined),
    /the provided IP \(10\.96\.0\.0\) is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/28/,
  );
  const low = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] });
  assert.throws(() => services.claim(low, undefined), /The range of valid ports is 30000-30002/);
});

test('ranges may overlap, be added and be removed; services keep their addresses', () => {
  const services = allocator([service({ clusterIP: '10.97.0.3', clusterIPs: ['10.97.0.3'] })]);
  const claimed = (spec: ServiceSpec = {}): string | undefined => {
    const next = service(spec);
    services.claim(next, undefined).commit();
    return next.spec?.clusterIP;
  };
  for (let i = 0; i < 14; i++) claimed();
  assert.throws(() => claimed(), /failed to allocate a serviceIP: range is full/);
  assert.throws(() => claimed({ clusterIP: '10.97.0.9' }), /does not match the current range/);
  services.extend(parseAddressRanges('10.96.0.0/28,10.97.0.0/29,10.97.0.0/28') ?? []);
  assert.throws(() => claimed({ clusterIP: '10.97.0.3' }), /provided IP is already allocated/);
  assert.equal(claimed({ clusterIP: '10.97.0.2' }), '10.97.0.2');
  assert.deepEqual([claimed(), claimed()], ['10.97.0.1', '10.97.0.4']);
  services.extend(parseAddressRanges('10.97.0.0/28') ?? []);
  assert.deepEqual([claimed(), claimed()], ['10.97.0.5', '10.97.0.6']);
  services.extend([]);
  assert.throws(() => claimed(), /range is full/);
  services.release(service({ clusterIPs: ['10.96.0.7'] }));
  assert.equal(claimed(), '10.96.0.7');
});

test('ranges without a status count as ready until they are deleted', () => {
  const cidr = (range: string, status?: string, more: object = {}) =>
    ({
      metadata: { name: range, ...more },
      spec: { cidrs: [range] },
      status: { conditions: status ? [{ type: 'Ready', status }] : [] },
    }) as never;
  const ready = readyRanges([
    cidr('10.1.0.0/24'),
    cidr('10.2.0.0/24', 'True'),
    cidr('10.3.0.0/24', 'False'),
    cidr('10.4.0.0/24', 'True', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    cidr('10.1.0.0/24', 'True'),
  ]);
  assert.deepEqual(
    ready.map(({ text }) => text),
    ['10.1.0.0/24', '10.2.0.0/24'],
  );
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

const dual = parseAddressRanges('10.96.0.0/28,fd00:96::/112') ?? [];

test('gives a service the families it asks for', async () => {
  const services = allocator([], dual);
  const claimed = (spec: ServiceSpec, current?: ServiceSpec): ServiceSpec => {
    const next = service(structuredClone(spec));
    services.claim(next, current && service(current)).commit();
    return next.spec;
  };
  const plain = claimed({});
  assert.deepEqual(
    [plain.clusterIPs, plain.ipFamilies, plain.ipFamilyPolicy],
    [['10.96.0.1'], ['IPv4'], 'SingleStack'],
  );
  const six = claimed({ ipFamilies: ['IPv6'] });
  assert.deepEqual([six.clusterIP, six.clusterIPs], ['fd00:96::101', ['fd00:96::101']]);
  const both = claimed({ ipFamilyPolicy: 'PreferDualStack' });
  assert.deepEqual(
    [both.clusterIPs, both.ipFamilies],
    [
      ['10.96.0.2', 'fd00:96::102'],
      ['IPv4', 'IPv6'],
    ],
  );
  const reversed = claimed({ ipFamilyPolicy: 'RequireDualStack', clusterIP: 'fd00:96::7' });
  assert.deepEqual(
    [reversed.clusterIPs, reversed.ipFamilies],
    [
      ['fd00:96::7', '10.96.0.3'],
      ['IPv6', 'IPv4'],
    ],
  );
  // Its policy takes the second address away, and gives it.
  const single = claimed({ ...both, ipFamilyPolicy: 'SingleStack' }, both);
  assert.deepEqual([single.clusterIPs, single.ipFamilies], [['10.96.0.2'], ['IPv4']]);
  const again = claimed({ ...single, ipFamilyPolicy: 'RequireDualStack' }, single);
  assert.deepEqual(again.clusterIPs, ['10.96.0.2', 'fd00:96::102']);
  assert.throws(
    () => claimed({ ...again, clusterIPs: ['10.96.0.2'] }, again),
    /spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be 'SingleStack' to release the secondary cluster IP/,
  );
  assert.throws(
    () => claimed({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] }),
    /must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified/,
  );
});

test('a single-stack cluster has no second family, except for services without selectors', async () => {
  const services = allocator();
  const claim = (spec: ServiceSpec): ServiceSpec => {
    const next = service(spec);
    services.claim(next, undefined).commit();
    return next.spec;
  };
  assert.deepEqual(claim({ ipFamilyPolicy: 'PreferDualStack' }).ipFamilies, ['IPv4']);
  assert.throws(
    () => claim({ ipFamilyPolicy: 'RequireDualStack' }),
    /spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services/,
  );
  assert.throws(() => claim({ ipFamilies: ['IPv6'] }), /spec.ipFamilies\[0\]: Invalid value: "IPv6": not configured/);
  assert.throws(
    () => claim({ clusterIP: 'fd00:96::7' }),
    /spec.clusterIPs\[0\]: Invalid value: \["fd00:96::7"\]: IPv6 is not configured on this cluster/,
  );
  assert.throws(
    () => claim({ ipFamilies: ['', 'IPv4', 'IPv4'] }),
    /is invalid: \[spec.ipFamilies\[0\]: Unsupported value: "": supported values: "IPv4", "IPv6", spec.ipFamilies\[2\]: Duplicate value: "IPv4"\]$/,
  );
  const headless = claim({ clusterIP: 'None' });
  assert.deepEqual([headless.ipFamilies, headless.ipFamilyPolicy], [['IPv4', 'IPv6'], 'RequireDualStack']);
  assert.equal(claim({ clusterIP: 'None', selector: { a: 'b' } }).ipFamilyPolicy, 'SingleStack');
});

test('--service-cluster-ip-range takes one range of each family', () => {
  assert.deepEqual(rangeProblems('10.96.0.0/12,fd00:96::/108'), []);
  assert.deepEqual(rangeProblems('10.96.0.0'), ['service-cluster-ip-range is not a valid cidr']);
  assert.match(rangeProblems('10.96.0.0/12,10.1.0.0/16')[0] ?? '', /must be of different IP family/);
  assert.match(rangeProblems('10.96.0.0/12,fd00::/108,fd01::/108')[0] ?? '', /not contain more than two entries/);
});
