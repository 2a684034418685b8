import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProxyNode } from '../rules/proxy-node.ts';
import type { Backend, ServicePort } from '../services/service-port.ts';
import { makeBackend, makeServicePort } from '../testing/service-ports.ts';
import { planRules, RulePlanner } from './plan.ts';
import { restoreInput } from './ruleset.ts';

const node: ProxyNode = {
  name: 'node-1',
  family: 'IPv4',
  addresses: ['192.0.2.11'],
  serviceCIDRs: [],
  pods: { source: '10.244.0.0/16' },
  localhostNodePorts: true,
  masqueradeAll: false,
  masqueradeBit: 14,
};
const web = (more: Partial<ServicePort> = {}): ServicePort =>
  makeServicePort({
    backends: [makeBackend('10.244.1.2'), makeBackend('10.244.2.3', { nodeName: 'node-2' })],
    ...more,
  });
const natOf = (port: ServicePort): string => restoreInput(planRules([port], node), undefined)?.split('*nat\n')[1] ?? '';

test('a cluster IP is balanced evenly over its backends', () => {
  const nat = natOf(web());
  assert.match(
    nat,
    /-A KUBE-SERVICES -m comment --comment "default\/web:http cluster IP" -d 10\.96\.0\.10\/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-[A-Z2-7]{16}\n/,
  );
  assert.match(nat, /! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.10\/32 .* -j KUBE-MARK-MASQ\n/);
  assert.match(
    nat,
    /"default\/web:http -> 10\.244\.1\.2:8080" -m statistic --mode random --probability 0\.5000000000 -j KUBE-SEP-/,
  );
  assert.match(nat, /"default\/web:http -> 10\.244\.2\.3:8080" -j KUBE-SEP-/);
  assert.match(nat, /-p tcp -m tcp -j DNAT --to-destination 10\.244\.1\.2:8080\n/);
  assert.ok(nat.trimEnd().endsWith('COMMIT'));
});

test('connections to a service without endpoints are refused', () => {
  const rules = planRules([web({ backends: [makeBackend('10.244.1.2', { ready: false, serving: false })] })], node);
  assert.deepEqual(rules.filter.chains.get('KUBE-SERVICES'), [
    '-m comment --comment "default/web:http has no endpoints" -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j REJECT',
  ]);
  assert.equal(
    [...rules.nat.chains.keys()].some((chain) => chain.startsWith('KUBE-SVC-')),
    false,
  );
});

test('while all backends are terminating, those that still serve are used', () => {
  assert.match(
    natOf(web({ backends: [makeBackend('10.244.1.2', { ready: false, terminating: true })] })),
    /DNAT --to-destination 10\.244\.1\.2/,
  );
});

test('a node port goes through the external chain and is masqueraded', () => {
  const nat = natOf(web({ nodePort: 30080 }));
  assert.match(
    nat,
    /-A KUBE-NODEPORTS -m comment --comment "default\/web:http" -p tcp -m tcp --dport 30080 -j (KUBE-EXT-\w+)\n/,
  );
  assert.match(nat, /-A KUBE-EXT-\w+ .*-j KUBE-MARK-MASQ\n-A KUBE-EXT-\w+ -j KUBE-SVC-/);
});

test('externalTrafficPolicy Local uses the backends of this node and keeps client addresses', () => {
  const nat = natOf(web({ nodePort: 30080, externalPolicyLocal: true }));
  const local = /-A (KUBE-SVL-\w+) .*-> 10\.244\.1\.2:8080" -j/.exec(nat);
  assert.ok(local);
  assert.doesNotMatch(nat, /KUBE-SVL-\w+ .*10\.244\.2\.3/);
});

test("session affinity sticks to a client's backend", () => {
  const nat = natOf(web({ affinitySeconds: 10800 }));
  assert.match(nat, /-m recent --name KUBE-SEP-\w+ --rcheck --seconds 10800 --reap --rsource -j KUBE-SEP-/);
  assert.match(nat, /-m recent --name KUBE-SEP-\w+ --set --rsource -p tcp -m tcp -j DNAT/);
});

test('writes only what changed, and removes what vanished', () => {
  const before = planRules([web()], node);
  assert.equal(restoreInput(planRules([web()], node), before), undefined);
  const after = restoreInput(planRules([web({ backends: [makeBackend('10.244.1.2')] })], node), before) ?? '';
  assert.doesNotMatch(after, /:KUBE-POSTROUTING|\*filter|:KUBE-SERVICES/);
  assert.match(after, /-X KUBE-SEP-\w+\nCOMMIT/);
});

test('IPv6 rules write addresses in brackets before ports, and single addresses as /128', () => {
  const nat = natOf(web({ clusterIP: 'fd00:96::a', backends: [makeBackend('fd00:10:244:1::2')] }));
  assert.match(nat, /cluster IP" -d fd00:96::a\/128 -p tcp -m tcp --dport 80 -j KUBE-SVC-/);
  assert.match(nat, /-s fd00:10:244:1::2\/128 -j KUBE-MARK-MASQ/);
  assert.match(nat, /-j DNAT --to-destination \[fd00:10:244:1::2\]:8080/);
});

test('loadBalancerSourceRanges closes a load balancer to other clients', () => {
  const port = web({
    loadBalancerIPs: ['192.0.2.1'],
    loadBalancerSourceRanges: ['198.51.100.0/24'],
    externalIPs: ['192.0.2.9'],
  });
  const rules = planRules([port], node);
  const text = restoreInput(rules, undefined) ?? '';
  assert.match(
    text,
    /-A KUBE-SERVICES .*"default\/web:http loadbalancer IP" -d 192\.0\.2\.1\/32 .* -j KUBE-FW-\w{16}\n/,
  );
  assert.match(text, /-A KUBE-SERVICES .*"default\/web:http external IP" -d 192\.0\.2\.9\/32 .* -j KUBE-EXT-\w{16}\n/);
  assert.match(text, /-A KUBE-FW-\w{16} .* -s 198\.51\.100\.0\/24 -j KUBE-EXT-\w{16}\n/);
  assert.match(
    text,
    /-A KUBE-PROXY-FIREWALL -m comment --comment "default\/web:http traffic not accepted by KUBE-FW-\w{16}" -d 192\.0\.2\.1\/32 -p tcp -m tcp --dport 80 -j DROP\n/,
  );
  assert.doesNotMatch(
    restoreInput(planRules([web({ loadBalancerIPs: ['192.0.2.1'] })], node), undefined) ?? '',
    /KUBE-FW-/,
  );
});

test('a node within the source ranges may come back with the address of the load balancer', () => {
  const port = web({ loadBalancerIPs: ['192.0.2.1'], loadBalancerSourceRanges: ['198.51.100.0/24'] });
  const textFor = (address: string): string =>
    restoreInput(planRules([port], { ...node, addresses: [address] }), undefined) ?? '';
  assert.match(textFor('198.51.100.9'), /-A KUBE-FW-\w{16} .* -s 192\.0\.2\.1\/32 -j KUBE-EXT-\w{16}\n/);
  assert.doesNotMatch(textFor('192.0.2.11'), /-s 192\.0\.2\.1\/32/);
});

test('traffic stays on the node or in the zone of the hints, if every backend has hints', () => {
  const meant = (nodes: string[], zones: string[]) => ({ hints: { nodes, zones } });
  const here = { ...node, zone: 'a' };
  const reached = (backends: readonly Backend[]): readonly string[] =>
    [
      ...(restoreInput(planRules([web({ backends })], here), undefined) ?? '').matchAll(/--to-destination (\S+):8080/g),
    ].map(([, ip]) => ip ?? '');
  const [one, two] = ['10.244.1.2', '10.244.2.3'];
  assert.deepEqual(reached([makeBackend(one, meant([], ['a'])), makeBackend(two, meant([], ['b']))]), [one]);
  assert.deepEqual(reached([makeBackend(one, meant(['node-2'], ['a'])), makeBackend(two, meant(['node-1'], ['b']))]), [
    two,
  ]);
  assert.deepEqual(reached([makeBackend(one, meant([], ['a'])), makeBackend(two)]), [one, two], 'one says nothing');
  assert.deepEqual(
    reached([makeBackend(one, meant([], ['b'])), makeBackend(two, meant([], ['c']))]),
    [one, two],
    'none is near',
  );
});

test('pods that use an external address reach every backend, whatever the policy', () => {
  const nat = natOf(web({ nodePort: 30080, externalPolicyLocal: true }));
  assert.match(
    nat,
    /-A (KUBE-EXT-\S+) -m comment --comment "pod traffic for default\/web:http external destinations" -s 10\.244\.0\.0\/16 -j KUBE-SVC-[A-Z2-7]{16}\n-A \1 .*masquerade LOCAL/,
  );
  const without = planRules([web({ nodePort: 30080, externalPolicyLocal: true })], { ...node, pods: undefined });
  assert.doesNotMatch(restoreInput(without, undefined) ?? '', /pod traffic|cluster IP" ! /);
});

test('node ports answer only on the configured addresses', () => {
  const jumpsOf = (more: Partial<ProxyNode>): string[] =>
    planRules([], { ...node, ...more })
      .nat.chains.get('KUBE-SERVICES')
      ?.map((rule) => rule.replace(/^.*last rule in this chain" /, '')) ?? [];
  assert.deepEqual(jumpsOf({}), ['-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS']);
  assert.deepEqual(jumpsOf({ localhostNodePorts: false }), [
    '-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS',
  ]);
  // The kernel does not redirect from ::1.
  assert.deepEqual(jumpsOf({ family: 'IPv6' }), ['-m addrtype --dst-type LOCAL ! -d ::1/128 -j KUBE-NODEPORTS']);
  const nodePortAddresses = ['127.0.0.1', '192.0.2.1'];
  assert.deepEqual(jumpsOf({ nodePortAddresses }), [
    '-d 127.0.0.1/32 -j KUBE-NODEPORTS',
    '-d 192.0.2.1/32 -j KUBE-NODEPORTS',
  ]);
  assert.deepEqual(jumpsOf({ nodePortAddresses, localhostNodePorts: false }), ['-d 192.0.2.1/32 -j KUBE-NODEPORTS']);
});

test('a planner takes over what it knows of a port, and plans anew for another node', () => {
  const planner = new RulePlanner();
  const [one, other] = [web(), web({ id: 'default/other', clusterIP: '10.96.0.9' })];
  const before = planner.plan([one, other], node);
  assert.deepEqual(before, planRules([one, other], node));
  const changed = web({ backends: [makeBackend('10.244.1.7')] });
  const after = planner.plan([changed, other], node);
  assert.deepEqual(after, planRules([changed, other], node));
  const kept = [...after.nat.chains].filter(([name, rules]) => before.nat.chains.get(name) === rules);
  assert.ok(kept.length > 0 && kept.every(([, rules]) => rules.some((rule) => rule.includes('default/other'))));
  const all = { ...node, masqueradeAll: true };
  assert.deepEqual(planner.plan([changed, other], all), planRules([changed, other], all));
});

test('chains are named in the order of their names', () => {
  const input = restoreInput(planRules([web(), web({ id: 'default/other', clusterIP: '10.96.0.9' })], node), undefined);
  const names = [...(input?.split('*nat\n')[1] ?? '').matchAll(/^:(\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(names, [...names].sort());
});
