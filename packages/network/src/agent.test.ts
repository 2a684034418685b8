import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { NetworkAgent } from './agent.ts';
import type { NetworkHost } from './host.ts';

test('creates the IPv6 bridge before the configuration that lets pods start', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const podCIDRs = ['10.244.0.0/24', 'fd00:10:244::/64'];
  await api.resource(nodes).create({ metadata: { name: 'a' }, spec: { podCIDR: podCIDRs[0], podCIDRs } } as Node);
  const did: string[] = [];
  const host: NetworkHost = {
    routes: async () => [],
    applyRoutes: async () => {},
    applyMasquerade: async (_rules, family) => void did.push(`masquerade ${family}`),
    prepareBridge: async (name, gateways) => void did.push(`bridge ${name} ${gateways.join()}`),
    applyPolicies: async () => {},
    writeConfig: async (path) => void did.push(`write ${path}`),
  };
  const informers = sharedInformers({ client: api, log: silentLogger });
  const options = { nodeName: 'a', configPath: '/etc/cni/net.d/10.conflist', resyncMs: 60_000 };
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
