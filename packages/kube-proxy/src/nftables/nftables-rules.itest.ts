import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { ProxyNode } from '../rules/proxy-node.ts';
import type { ServicePort } from '../services/service-port.ts';
import { makeBackend, makeServicePort } from '../testing/service-ports.ts';
import { nft } from './nft.ts';
import { NftablesRules } from './nftables-rules.ts';

/** Network namespaces: a node that routes between two pods and a client outside the cluster. */
interface Place {
  readonly node: number;
  readonly pods: readonly [number, number];
  readonly client: number;
}

const children: ChildProcess[] = [];
let place: Place;

before(async () => {
  const namespaces = await Promise.all([makeNamespace(), makeNamespace(), makeNamespace(), makeNamespace()]);
  const [node, one, two, client] = namespaces;
  place = { node, pods: [one, two], client };
  run(node, 'ip link set lo up');
  run(node, 'sysctl -qw net.ipv4.ip_forward=1');
  link(one, { address: '10.244.0.2', gateway: '10.244.0.1/30', name: 'pod1' });
  link(two, { address: '10.244.0.6', gateway: '10.244.0.5/30', name: 'pod2' });
  link(client, { address: '203.0.113.2', gateway: '203.0.113.1/30', name: 'outside' });
  run(node, 'ip route add default via 203.0.113.2');
  await Promise.all([serve(one, 'one'), serve(two, 'two')]);
});

after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that holds a network namespace of its own; its id. */
async function makeNamespace(): Promise<number> {
  const child = spawn('unshare', ['--net', 'sleep', '300'], { stdio: 'ignore' });
  children.push(child);
  const pid = child.pid ?? 0;
  const own = readlinkSync('/proc/self/ns/net');
  while (readlinkSync(`/proc/${pid}/ns/net`) === own) await new Promise((resolve) => setTimeout(resolve, 5));
  return pid;
}

const within = (pid: number): string[] => ['nsenter', '--net', '--target', String(pid)];

function run(pid: number, command: string): string {
  const [program = '', ...args] = [...within(pid), ...command.split(' ')];
  return execFileSync(program, args, { encoding: 'utf8' });
}

/** Connects a namespace with the node's, by which it reaches everything. */
function link(
  pid: number,
  { address, gateway, name }: { readonly address: string; readonly gateway: string; readonly name: string },
): void {
  run(place.node, `ip link add ${name} type veth peer name eth0 netns ${pid}`);
  run(place.node, `ip addr add ${gateway} dev ${name}`);
  run(place.node, `ip link set ${name} up`);
  run(pid, 'ip link set lo up');
  run(pid, `ip addr add ${address}/30 dev eth0`);
  run(pid, 'ip link set eth0 up');
  run(pid, `ip route add default via ${gateway.replace('/30', '')}`);
}

/** A server on port 8080 that answers with its name and where the connection came from. */
async function serve(pid: number, name: string): Promise<void> {
  const code = `require('net').createServer((s) => s.end('${name} ' + s.remoteAddress)).listen(8080, '0.0.0.0', () => console.log('up'))`;
  const [program = '', ...args] = [...within(pid), process.execPath, '-e', code];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await new Promise((up) => child.stdout?.once('data', up));
}

/** What an address answers to a namespace; `ECONNREFUSED` or `silence` if nothing. */
function ask(pid: number, at: string): string {
  const [host = '', port = ''] = at.split(':');
  const code = `const s = require('net').connect(${port}, '${host}'); s.on('data', (d) => { console.log(String(d)); process.exit(); });
    s.on('error', (e) => { console.log(e.code); process.exit(); }); setTimeout(() => { console.log('silence'); process.exit(); }, 1500)`;
  const [program = '', ...args] = [...within(pid), process.execPath, '-e', code];
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

const web = (more: Partial<ServicePort> = {}, ips: readonly string[] = ['10.244.0.2', '10.244.0.6']): ServicePort =>
  makeServicePort({ nodePort: 30080, backends: ips.map((ip) => makeBackend(ip)), ...more });

const empty = web(
  { id: 'default/empty', service: { namespace: 'default', name: 'empty' }, clusterIP: '10.96.0.11' },
  [],
);

function makeRules(): { rules: NftablesRules; clock: FakeClock; node: ProxyNode; list: () => string } {
  const clock = new FakeClock();
  const [program = '', ...args] = [...within(place.node), 'nft'];
  const rules = new NftablesRules('IPv4', { nft: nft('IPv4', [program, ...args]), clock, log: silentLogger });
  const node: ProxyNode = {
    name: 'n',
    family: 'IPv4',
    addresses: ['203.0.113.1'],
    pods: { source: '10.244.0.0/24' },
    nodePortAddresses: ['203.0.113.1'],
    localhostNodePorts: false,
    masqueradeAll: false,
    masqueradeBit: 14,
    serviceCIDRs: ['10.96.0.0/16'],
  };
  return { rules, clock, node, list: () => run(place.node, 'nft list ruleset') };
}

test('packets go where Services say, and nowhere else', async () => {
  const { rules, node } = makeRules();
  await rules.sync([web({}, ['10.244.0.6']), { ...empty, nodePort: 30081 }], node, { check: true, full: false });
  const [pod] = place.pods;
  assert.equal(ask(pod, '10.96.0.10:80'), 'two 10.244.0.2', 'a pod keeps its address');
  assert.equal(ask(place.node, '10.96.0.10:80').split(' ')[0], 'two');
  assert.equal(ask(place.client, '203.0.113.1:30080'), 'two 10.244.0.5', 'node ports are masqueraded');
  assert.equal(ask(pod, '10.96.0.10:81'), 'ECONNREFUSED', 'no such port');
  assert.equal(ask(pod, '10.96.0.11:80'), 'ECONNREFUSED', 'no endpoints');
  assert.equal(ask(place.client, '203.0.113.1:30081'), 'ECONNREFUSED');
  assert.equal(ask(pod, '10.96.0.99:80'), 'silence', 'an address that no Service has');
  const external = web({ loadBalancerIPs: ['198.51.100.7'], loadBalancerSourceRanges: ['192.0.2.0/24'] });
  await rules.sync([external], node, { check: false, full: false });
  assert.equal(ask(place.client, '198.51.100.7:80'), 'silence', 'not within the source ranges');
  await rules.sync([web({ loadBalancerIPs: ['198.51.100.7'] }, ['10.244.0.2'])], node, { check: false, full: false });
  assert.equal(ask(place.client, '198.51.100.7:80').split(' ')[0], 'one');
  assert.equal(ask(pod, '10.96.0.10:80'), 'one 10.244.0.1', 'a pod that reaches itself');
  await rules.remove();
});

test('clients stay with their backend, also when kube-proxy starts again', async () => {
  const { rules, node, list } = makeRules();
  const sticky = web({ affinitySeconds: 100 });
  await rules.sync([sticky], node, { check: true, full: false });
  const [pod] = place.pods;
  const first = ask(pod, '10.96.0.10:80');
  const next = makeRules();
  await next.rules.sync([sticky], node, { check: true, full: false });
  assert.deepEqual(new Set(Array.from({ length: 6 }, () => ask(pod, '10.96.0.10:80'))), new Set([first]));
  assert.match(list(), /timeout 1m40s/);
  await next.rules.sync([web({ affinitySeconds: 200 })], node, { check: false, full: false });
  assert.match(list(), /timeout 3m20s/);
  await next.rules.sync([web()], node, { check: false, full: false });
  assert.doesNotMatch(list(), /affinity-/);
  await next.rules.remove();
});

test('only changes are written, unused chains go a second later, and what others delete comes back', async () => {
  const { rules, clock, node, list } = makeRules();
  await rules.sync([web(), empty], node, { check: true, full: false });
  assert.equal((await rules.sync([web(), empty], node, { check: true, full: false })).bytes, 0);
  const { bytes } = await rules.sync([web({}, ['10.244.0.2']), empty], node, { check: false, full: false });
  assert.ok(bytes > 0 && bytes < 1500, String(bytes));
  assert.match(list(), /chain endpoint-\S+__10\.244\.0\.6\/8080 \{\n\t*\}/, 'empty, and still there');
  await clock.advance(1000);
  await rules.sync([web({}, ['10.244.0.2']), empty], node, { check: false, full: false });
  assert.doesNotMatch(list(), /10\.244\.0\.6/);
  run(place.node, 'nft flush ruleset');
  await rules.sync([web({}, ['10.244.0.2']), empty], node, { check: true, full: false });
  assert.equal(ask(place.pods[1], '10.96.0.10:80'), 'one 10.244.0.6');
  assert.equal(await rules.remove(), true);
  assert.equal(list(), '');
  assert.equal(await rules.remove(), false);
});

test('a table that somebody else made of other things is made anew', async () => {
  const { rules, node, list } = makeRules();
  run(place.node, 'nft add table ip kube-proxy');
  run(place.node, 'nft add chain ip kube-proxy filter-old');
  run(place.node, 'nft add set ip kube-proxy cluster-ips { type inet_service ; }');
  await rules.sync([web()], node, { check: true, full: false });
  assert.doesNotMatch(list(), /filter-old/);
  run(place.node, 'nft delete table ip kube-proxy');
  run(place.node, 'nft add table ip kube-proxy');
  run(place.node, 'nft add chain ip kube-proxy services');
  run(place.node, 'nft add set ip kube-proxy cluster-ips { type inet_service ; }');
  await assert.rejects(rules.sync([web()], node, { check: true, full: false }), /nft exited with 1/);
  await rules.sync([web()], node, { check: true, full: false });
  assert.equal(ask(place.pods[0], '10.96.0.10:80').length > 0, true);
  await rules.remove();
});
