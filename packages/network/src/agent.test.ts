import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Node, nodes } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { NetworkAgent } from './agent.ts';
import type { NetworkHost } from './host.ts';
import type { KernelRoute } from './routes.ts';
import { makeLink, makeNode, makeUnderlay, withSettings } from './testing/nodes.ts';

test('creates the IPv6 bridge before the configuration that lets pods start', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const podCIDRs = ['10.244.0.0/24', 'fd00:10:244::/64'];
  await api.resource(nodes).create({ metadata: { name: 'a' }, spec: { podCIDR: podCIDRs[0], podCIDRs } } as Node);
  const did: string[] = [];
  const host: NetworkHost = {
    links: async () => [],
    paths: async () => new Map(),
    tunnel: async (link) => ({ link, neighbours: [], forwarding: [] }),
    applyTunnels: async () => {},
    routes: async () => [],
    applyRoutes: async () => {},
    applyMasquerade: async (_rules, family) => void did.push(`masquerade ${family}`),
    prepareBridge: async (name, gateways) => void did.push(`bridge ${name} ${gateways.join()}`),
    applyPolicies: async () => {},
    writeConfig: async (path) => void did.push(`write ${path}`),
  };
  const informers = sharedInformers({ client: api, log: silentLogger });
  const options = {
    nodeName: 'a',
    configPath: '/etc/cni/net.d/10.conflist',
    resyncMs: 60_000,
    settings: withSettings(),
  };
  const agent = new NetworkAgent(options, { informers, host, clock, log: silentLogger });
  const stop = new AbortController();
  const running = Promise.all([agent.run(stop.signal), informers.run(stop.signal)]);
  while (!agent.ready) await clock.advance(10);
  stop.abort();
  await running;
  assert.deepEqual(did, [
    'masquerade IPv4',
    'masquerade IPv6',
    'bridge cni0 fd00:10:244::1/64',
    'write /etc/cni/net.d/10.conflist',
  ]);
});

/** An agent of the node `a` (172.30.0.2) over an API and a kernel in memory; nodes of 172.30.1.0/24 are elsewhere. */
async function running(t: TestContext) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const did: string[] = [];
  const kernel = { down: false, links: [makeLink('eth0')], routes: [] as KernelRoute[] };
  const elsewhere = (address: string): boolean => address.startsWith('172.30.1.');
  const host: NetworkHost = {
    links: async () => kernel.links,
    paths: async (addresses) => {
      if (kernel.down) return new Map();
      const far = addresses.filter(elsewhere);
      return makeUnderlay({ far, near: addresses.filter((address) => !elsewhere(address)) }).paths;
    },
    tunnel: async (link) => ({ link, neighbours: [], forwarding: [] }),
    applyTunnels: async ({ ip, bridge }) => void did.push(...ip, ...bridge),
    routes: async () => kernel.routes,
    applyRoutes: async (commands) => void did.push(...commands),
    applyMasquerade: async () => {},
    prepareBridge: async () => {},
    applyPolicies: async () => {},
    writeConfig: async (path, text) => void did.push(`write ${path}${/"mtu"/.test(text) ? ' with an MTU' : ''}`),
  };
  const informers = sharedInformers({ client: api, log: silentLogger, clock });
  const agent = new NetworkAgent(
    { nodeName: 'a', configPath: '10.conflist', resyncMs: 60_000, settings: withSettings() },
    { informers, host, clock, log: silentLogger },
  );
  const stop = new AbortController();
  await api.resource(nodes).create(makeNode('a', ['10.244.0.0/24'], ['172.30.0.2']));
  const ended = Promise.all([agent.run(stop.signal), informers.run(stop.signal)]);
  t.after(async () => {
    stop.abort();
    await ended;
  });
  /** What it did since the last call, after letting some time pass. */
  const synced = async (ms = 200): Promise<string[]> => {
    for (let step = 0; step < 20; step++) await clock.advance(ms / 20);
    return did.splice(0);
  };
  return { api, kernel, synced };
}

test('sets devices up before the routes through them, and removes them after these routes', async (t) => {
  const { api, kernel, synced } = await running(t);
  assert.deepEqual(await synced(), ['write 10.conflist']);
  const far = await api.resource(nodes).create(makeNode('far', ['10.244.2.0/24'], ['172.30.1.4']));
  const commands = await synced();
  assert.deepEqual(
    commands.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['link add', 'addr add', 'link set', 'neigh replace', 'fdb replace', 'route replace', 'write 10.conflist'],
  );
  assert.equal(commands.at(-1), 'write 10.conflist with an MTU');
  kernel.links = [makeLink('eth0'), makeLink('typernetes-vx4')];
  kernel.routes = [{ dst: '10.244.2.0/24', gateway: '10.244.2.0', dev: 'typernetes-vx4' }];
  await api.resource(nodes).update({ ...far, metadata: { ...far.metadata, labels: { a: 'b' } } } as Node);
  assert.deepEqual(await synced(), [], 'what does not count changes nothing');
  await api.resource(nodes).delete({ name: 'far' });
  assert.deepEqual(await synced(), [
    'route del 10.244.2.0/24 proto 86',
    'link del typernetes-vx4',
    'write 10.conflist',
  ]);
});

test('looks again soon while the kernel has no way to a node', async (t) => {
  const { api, kernel, synced } = await running(t);
  kernel.down = true;
  await api.resource(nodes).create(makeNode('near', ['10.244.1.0/24'], ['172.30.0.3']));
  await synced();
  kernel.down = false;
  assert.deepEqual(
    (await synced(6000)).filter((line) => line.startsWith('route')),
    ['route replace 10.244.1.0/24 via 172.30.0.3 proto 86'],
  );
  kernel.routes = [{ dst: '10.244.1.0/24', gateway: '172.30.0.3', dev: 'eth0' }];
  assert.deepEqual(await synced(50_000), [], 'and no more once there is one');
});
