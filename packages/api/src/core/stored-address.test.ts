import { test } from 'node:test';
import { validateEndpointSliceUpdate } from '../discovery/endpoint-slice-validation.ts';
import { validateIngressStatus } from '../networking/ingress-validation.ts';
import { validateNetworkPolicy } from '../networking/network-policy-validation.ts';
import { assertProblems } from '../testing/problem-lines.ts';
import { validateEndpoints } from './endpoints-validation.ts';
import { validateNodeUpdate } from './node-validation.ts';
import { validateServiceStatus, validateServiceUpdate } from './service-validation.ts';

const zeros = 'must not have leading 0s';
const address = '010.0.0.1';
const cidr = '010.0.0.0/8';

/** Checks that `make(value)` is rejected when new, and accepted when already stored. */
function staysOnceStored<T>(
  make: (value: string) => object,
  check: (next: T, current: T) => Iterable<Parameters<typeof assertProblems>[0] extends Iterable<infer P> ? P : never>,
  { value, plain, expected }: { value: string; plain: string; expected: string },
): void {
  const [next, other] = [make(value) as T, make(plain) as T];
  assertProblems(check(next, other), [expected]);
  assertProblems(check(next, next), []);
}

test('addresses and ranges stored before their form was checked stay valid', () => {
  const addresses = { value: address, plain: '10.0.0.1' };
  const ranges = { value: cidr, plain: '10.0.0.0/8' };
  const metadata = { name: 'x' };
  const service = {
    type: 'LoadBalancer',
    ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    sessionAffinity: 'None',
    allocateLoadBalancerNodePorts: true,
  };
  staysOnceStored((ip) => ({ metadata, spec: { ...service, externalIPs: [ip] } }), validateServiceUpdate, {
    ...addresses,
    expected: `spec.externalIPs[0]: ${zeros}`,
  });
  staysOnceStored(
    (range) => ({ metadata, spec: { ...service, loadBalancerSourceRanges: [range] } }),
    validateServiceUpdate,
    {
      ...ranges,
      expected: `spec.loadBalancerSourceRanges[0]: ${zeros} in IP or prefix length`,
    },
  );
  const balancer = (ip: string) => ({ status: { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } } });
  staysOnceStored((ip) => ({ metadata, spec: service, ...balancer(ip) }), validateServiceStatus, {
    ...addresses,
    expected: `status.loadBalancer.ingress[0].ip: ${zeros}`,
  });
  staysOnceStored((ip) => ({ metadata, ...balancer(ip) }), validateIngressStatus, {
    ...addresses,
    expected: `status.loadBalancer.ingress[0].ip: ${zeros}`,
  });
  staysOnceStored((ip) => ({ metadata, subsets: [{ addresses: [{ ip }] }] }), validateEndpoints, {
    ...addresses,
    expected: `subsets[0].addresses[0].ip: ${zeros}`,
  });
  staysOnceStored(
    (ip) => ({ metadata, addressType: 'IPv4', endpoints: [{ addresses: [ip] }] }),
    validateEndpointSliceUpdate,
    {
      ...addresses,
      expected: `endpoints[0].addresses[0]: ${zeros}`,
    },
  );
  staysOnceStored(
    (range) => ({ metadata, spec: { ingress: [{ from: [{ ipBlock: { cidr: range } }] }] } }),
    validateNetworkPolicy,
    {
      ...ranges,
      expected: `spec.ingress[0].from[0].ipBlock.cidr: ${zeros} in IP or prefix length`,
    },
  );
  assertProblems(
    validateNodeUpdate(
      { metadata, spec: { podCIDRs: [cidr] } } as never,
      { metadata, spec: { podCIDRs: [cidr] } } as never,
    ),
    [],
  );
});
