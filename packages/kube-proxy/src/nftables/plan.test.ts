import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProxyNode } from '../rules/proxy-node.ts';
import type { Backend, ServicePort } from '../services/service-port.ts';
import { makeBackend, makeServicePort } from '../testing/service-ports.ts';
import { planTable } from './plan.ts';
import { tableName } from './table.ts';
import { recreationOf } from './transaction.ts';

const node: ProxyNode = {
  name: 'test-node',
  family: 'IPv4',
  addresses: ['192.168.0.2'],
  pods: { source: '10.0.0.0/8' },
  nodePortAddresses: ['192.168.0.2', '127.0.0.1'],
  localhostNodePorts: true,
  masqueradeAll: false,
  masqueradeBit: 14,
  serviceCIDRs: ['172.30.0.0/16'],
};

const backend = (ip: string, more: Partial<Backend> = {}): Backend =>
  makeBackend(ip, { port: 80, nodeName: undefined, ...more });

/** Service `svcN` of namespace `nsN` with port p80. */
const service = (n: number, backends: readonly Backend[], more: Partial<ServicePort> = {}): ServicePort =>
  makeServicePort({
    id: `ns${n}/svc${n}:p80`,
    service: { namespace: `ns${n}`, name: `svc${n}` },
    clusterIP: `172.30.0.4${n}`,
    backends,
    ...more,
  });

/** The lines that make the table, without its name. */
function linesOf(ports: readonly ServicePort[], of: Partial<ProxyNode> = {}): string[] {
  const all = { ...node, ...of };
  const table = tableName(all.family);
  const { input } = recreationOf(table, planTable(ports, all));
  return input.split('\n').map((line) => line.replace(` ${table} `, ' '));
}

/** Fails for each line that is missing. */
function assertHas(lines: readonly string[], wanted: readonly string[]): void {
  assert.deepEqual(
    wanted.filter((line) => !lines.includes(line)),
    [],
    lines.join('\n'),
  );
}

// The names and hashes are those of upstream's proxier_test.go.
test('a cluster IP goes to its backends', () => {
  const lines = linesOf([
    service(1, [backend('10.180.0.1')]),
    service(4, [backend('10.180.0.4'), backend('10.180.0.5')], { externalIPs: ['192.168.99.33'] }),
  ]);
  const [cluster, endpoint] = [
    'service-ULMVA6XW-ns1/svc1/tcp/p80',
    'endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80',
  ];
  assertHas(lines, [
    `add chain ${cluster}`,
    `add rule ${cluster} ip daddr 172.30.0.41 tcp dport 80 ip saddr != 10.0.0.0/8 jump mark-for-masquerade`,
    `add rule ${cluster} numgen random mod 1 vmap { 0 : goto ${endpoint} }`,
    `add rule ${endpoint} ip saddr 10.180.0.1 jump mark-for-masquerade`,
    `add rule ${endpoint} meta l4proto tcp dnat to 10.180.0.1:80`,
    'add element cluster-ips { 172.30.0.41 }',
    `add element service-ips { 172.30.0.41 . tcp . 80 : goto ${cluster} }`,
    'add rule service-LAUZTJTB-ns4/svc4/tcp/p80 numgen random mod 2 vmap { 0 : goto endpoint-UNZV3OEC-ns4/svc4/tcp/p80__10.180.0.4/80 , 1 : goto endpoint-5RFCDDV7-ns4/svc4/tcp/p80__10.180.0.5/80 }',
    'add rule external-LAUZTJTB-ns4/svc4/tcp/p80 jump mark-for-masquerade',
    'add rule external-LAUZTJTB-ns4/svc4/tcp/p80 goto service-LAUZTJTB-ns4/svc4/tcp/p80',
    'add element service-ips { 192.168.99.33 . tcp . 80 : goto external-LAUZTJTB-ns4/svc4/tcp/p80 }',
  ]);
});

test('with externalTrafficPolicy Local and no backend here, only pods and this node get through', () => {
  const lines = linesOf([
    service(2, [backend('10.180.0.2')], {
      externalPolicyLocal: true,
      externalIPs: ['192.168.99.22'],
      loadBalancerIPs: ['1.2.3.4'],
      nodePort: 3001,
    }),
  ]);
  const external = 'external-42NFTM6N-ns2/svc2/tcp/p80';
  assertHas(lines, [
    `add rule ${external} ip saddr 10.0.0.0/8 goto service-42NFTM6N-ns2/svc2/tcp/p80 comment "short-circuit pod traffic"`,
    `add rule ${external} fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"`,
    `add rule ${external} fib saddr type local goto service-42NFTM6N-ns2/svc2/tcp/p80 comment "short-circuit local traffic"`,
    `add element service-nodeports { tcp . 3001 : goto ${external} }`,
    'add element no-endpoint-nodeports { tcp . 3001 comment "ns2/svc2:p80" : drop }',
    'add element no-endpoint-services { 1.2.3.4 . tcp . 80 comment "ns2/svc2:p80" : drop }',
    'add element no-endpoint-services { 192.168.99.22 . tcp . 80 comment "ns2/svc2:p80" : drop }',
  ]);
  assert.equal(lines.filter((line) => line.startsWith(`add rule ${external} `)).length, 3);
});

test('with backends on this node, traffic from outside keeps its source', () => {
  const lines = linesOf([
    service(2, [backend('10.180.0.2'), backend('10.180.0.3', { nodeName: 'test-node' })], {
      externalPolicyLocal: true,
      nodePort: 3001,
    }),
  ]);
  assertHas(lines, [
    'add rule external-42NFTM6N-ns2/svc2/tcp/p80 goto local-42NFTM6N-ns2/svc2/tcp/p80',
    ...lines.filter((line) => line.startsWith('add rule local-')),
  ]);
  const [local = ''] = lines.filter((line) => line.startsWith('add rule local-'));
  assert.match(local, /mod 1 vmap .*10\.180\.0\.3\/80 }$/);
  assert.doesNotMatch(lines.join('\n'), /no-endpoint-nodeports \{ tcp/);
});

test('source ranges close a load balancer, and session affinity is a set of clients', () => {
  const port = service(5, [backend('10.180.0.3')], {
    loadBalancerIPs: ['5.6.7.8'],
    loadBalancerSourceRanges: ['203.0.113.0/25'],
    nodePort: 3002,
    affinitySeconds: 10_800,
  });
  const endpoint = 'GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80';
  assertHas(linesOf([port]), [
    `add set affinity-${endpoint} { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; }`,
    `add rule service-HVFWP5L3-ns5/svc5/tcp/p80 ip saddr @affinity-${endpoint} goto endpoint-${endpoint}`,
    `add rule endpoint-${endpoint} update @affinity-${endpoint} { ip saddr }`,
    'add rule firewall-HVFWP5L3-ns5/svc5/tcp/p80 ip saddr != { 203.0.113.0/25 } drop',
    'add element firewall-ips { 5.6.7.8 . tcp . 80 : goto firewall-HVFWP5L3-ns5/svc5/tcp/p80 }',
  ]);
  // A node within the ranges may come back with the balancer's address.
  assertHas(linesOf([port], { addresses: ['203.0.113.7'] }), [
    'add rule firewall-HVFWP5L3-ns5/svc5/tcp/p80 ip saddr != { 203.0.113.0/25, 5.6.7.8 } drop',
  ]);
});

test('connections to a service without endpoints are refused', () => {
  assertHas(linesOf([service(6, [])]), [
    'add element cluster-ips { 172.30.0.46 }',
    'add element no-endpoint-services { 172.30.0.46 . tcp . 80 comment "ns6/svc6:p80" : goto reject-chain }',
  ]);
  assertHas(linesOf([service(6, [backend('10.180.0.1')], { internalPolicyLocal: true })]), [
    'add element no-endpoint-services { 172.30.0.46 . tcp . 80 comment "ns6/svc6:p80" : drop }',
  ]);
});

test('what is fixed: hooks, checks, node ports on the addresses chosen or on all but loopback', () => {
  assertHas(linesOf([]), [
    'add table { comment "rules for kube-proxy" ; }',
    'add chain nat-prerouting { type nat hook prerouting priority -100 ; }',
    'add chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110 ; }',
    'add rule filter-forward ct state new jump cluster-ips-check',
    'add rule cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
    'add rule cluster-ips-check ip daddr { 172.30.0.0/16 } drop comment "Drop traffic to unallocated ClusterIPs"',
    'add rule masquerading mark and 0x4000 == 0 return',
    'add rule services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports',
    'add element nodeport-ips { 192.168.0.2 }',
  ]);
  const open = linesOf([], { nodePortAddresses: undefined, serviceCIDRs: [], masqueradeBit: 31 });
  assertHas(open, [
    'add rule services fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports',
    'add rule nodeport-endpoints-check ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports',
    'add rule mark-for-masquerade mark set mark or 0x80000000',
  ]);
  assert.doesNotMatch(open.join('\n'), /nodeport-ips|Drop traffic/);
});

test('IPv6 has a table of its own, and names without colons', () => {
  const port = service(1, [backend('fd00:10::5')], { clusterIP: 'fd00:172::41' });
  const lines = linesOf([port], {
    family: 'IPv6',
    nodePortAddresses: undefined,
    pods: { interface: 'veth', prefix: true },
  });
  const [endpoint = ''] = lines.filter((line) => line.startsWith('add chain endpoint-'));
  assert.match(endpoint, /^add chain endpoint-[A-Z2-7]{8}-ns1\/svc1\/tcp\/p80__fd00\.10\.\.5\/80$/);
  assertHas(lines, [
    `${endpoint.replace('chain', 'rule')} meta l4proto tcp dnat to [fd00:10::5]:80`,
    'add rule service-ULMVA6XW-ns1/svc1/tcp/p80 ip6 daddr fd00:172::41 tcp dport 80 iifname != "veth*" jump mark-for-masquerade',
    'add rule services fib daddr type local ip6 daddr != ::1 meta l4proto . th dport vmap @service-nodeports',
  ]);
});
