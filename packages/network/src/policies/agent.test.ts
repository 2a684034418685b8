import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Node, namespaces, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { networkpolicies } from '@typernetes/api/networking/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { pod, policy, namespaces as usual } from '../testing/objects.ts';
import { PolicyAgent } from './agent.ts';
import { noPolicies } from './ruleset.ts';

/** An agent of the node `here` over an API in memory. */
async function running(t: TestContext) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  for (const namespace of usual) await api.resource(namespaces).create(namespace);
  await api.resource(nodes).create({ metadata: { name: 'here' }, spec: { podCIDR: '10.244.0.0/24' } } as Node);
  const applied: string[] = [];
  const host = { broken: false };
  const informers = sharedInformers({ client: api, log: silentLogger, clock });
  const agent = new PolicyAgent(
    { nodeName: 'here', resyncMs: 60_000 },
    {
      informers,
      clock,
      log: silentLogger,
      host: {
        async applyPolicies(ruleset) {
          if (host.broken) throw new Error('no nft');
          applied.push(ruleset);
        },
      },
    },
  );
  const stop = new AbortController();
  const ended = Promise.all([agent.run(stop.signal), informers.run(stop.signal)]);
  t.after(async () => {
    stop.abort();
    await clock.advance(100);
    await ended;
  });
  /** The rule sets applied since the last call, after letting some time pass. */
  const synced = async (ms = 1000): Promise<string[]> => {
    for (let step = 0; step < 20; step++) await clock.advance(ms / 20);
    return applied.splice(0);
  };
  return { api, clock, informers, host, synced };
}

test('watches pods from the first policy on, and removes the rules after the last', async (t) => {
  const { api, informers, synced } = await running(t);
  const made = await api.resource(pods).create(pod('db', '10.244.0.5'));
  assert.deepEqual(await synced(), [noPolicies], 'what an agent before may have left is gone');
  assert.deepEqual(await synced(120_000), []);
  assert.equal(informers.existing(pods), undefined);
  await api.resource(networkpolicies).create(policy('deny', { podSelector: {} }));
  const [first] = await synced();
  assert.match(first ?? '', /10\.244\.0\.5 : jump ingress-0/);
  await api.resource(pods).create(pod('web', '10.244.0.6'));
  assert.match((await synced()).at(-1) ?? '', /10\.244\.0\.6 : jump ingress-0/);
  await api.resource(pods).update({ ...made, metadata: { ...made.metadata, annotations: { a: 'b' } } } as Pod);
  assert.deepEqual(await synced(), [], 'what does not count changes nothing');
  await api.resource(networkpolicies).delete({ namespace: 'default', name: 'deny' });
  assert.deepEqual(await synced(), [noPolicies]);
});

test('retries rules that failed, and restores rules that others removed', async (t) => {
  const { api, host, synced } = await running(t);
  await synced();
  host.broken = true;
  await api.resource(networkpolicies).create(policy('deny', { podSelector: {} }));
  await api.resource(pods).create(pod('db', '10.244.0.5'));
  assert.deepEqual(await synced(5000), []);
  host.broken = false;
  const [rules] = await synced(5000);
  assert.match(rules ?? '', /jump ingress-0/);
  assert.deepEqual(new Set(await synced(120_000)), new Set([rules]));
});
