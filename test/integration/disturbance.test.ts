import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodActive, isPodReady } from '@typernetes/api';
import { type Deployment, deployments, type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import { leases } from '@typernetes/api/coordination/v1';
import { type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { type Random, type Runnable, systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient, runAsLeader, sharedInformers } from '@typernetes/client';
import { controllerOf, isNotFound } from '@typernetes/machinery';
import { eventually, type RestartableApi, withRestartableApi } from './api.ts';
import { untilFound } from './cluster.ts';
import { beside, controllers, scheduler } from './control-plane.ts';
import { DisturbedTransport, HangingTransport, seededRandom } from './disturbed-transport.ts';
import { hollow } from './hollow.ts';
import { namespace, template, webSpec } from './rollout.ts';

const names = ['one', 'two', 'three'];

function specOf(name: string, replicas: number) {
  const labels = { app: name };
  return webSpec(replicas, { selector: { matchLabels: labels }, template: template('web:1', labels) });
}

/** Does one random thing that a user may do to the Deployments. */
async function act(client: ApiClient, random: Random): Promise<void> {
  const name = names[Math.floor(random.next() * names.length)] as string;
  const sets = client.resource<Deployment>(deployments);
  const dice = random.next();
  try {
    if (dice < 0.3)
      await sets.patch({ namespace, name }, { spec: { replicas: Math.floor(random.next() * 7) } }, { type: 'merge' });
    else if (dice < 0.6) {
      const containers = [{ name: 'web', image: `web:${Math.floor(random.next() * 4)}` }];
      await sets.patch({ namespace, name }, { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
    } else if (dice < 0.85) {
      const { items } = await client.resource<Pod>(pods).list({ namespace });
      const victim = items[Math.floor(random.next() * items.length)];
      if (victim) await client.resource<Pod>(pods).delete(victim.metadata);
    } else {
      await sets.delete({ namespace, name }, { propagationPolicy: 'Background' });
      await sets.create({ metadata: { namespace, name }, spec: specOf(name, 1 + Math.floor(random.next() * 4)) });
    }
  } catch (error) {
    if (!isNotFound(error)) throw error; // the pod has been deleted meanwhile
  }
}

/** What is wrong with the state, in words; empty once it has converged. */
async function wrongs(client: ApiClient): Promise<string[]> {
  const { items: wanted } = await client.resource<Deployment>(deployments).list({ namespace });
  const { items: sets } = await client.resource<ReplicaSet>(replicasets).list({ namespace });
  const { items: all } = await client.resource<Pod>(pods).list({ namespace });
  const found: string[] = [];
  const ownerUid = (object: Pod | ReplicaSet) => controllerOf(object)?.uid ?? '';
  for (const { metadata, spec, status = {} } of wanted) {
    const mine = sets.filter((rs) => ownerUid(rs) === metadata.uid);
    const running = all.filter((pod) => mine.some((rs) => ownerUid(pod) === rs.metadata.uid));
    const image = spec.template.spec?.containers[0]?.image;
    const right = running.filter(
      (pod) => isPodActive(pod) && isPodReady(pod) && pod.spec.containers[0]?.image === image,
    );
    const { replicas = 1 } = spec;
    if (right.length !== replicas || running.length !== replicas)
      found.push(`${metadata.name} wants ${replicas} of ${image}, has ${right.length}, and ${running.length} in all`);
    const sum = mine.reduce((total, rs) => total + (rs.spec.replicas ?? 1), 0);
    if (sum !== replicas) found.push(`${metadata.name} wants ${replicas}, its ReplicaSets ${sum}`);
    const { observedGeneration, availableReplicas = 0, updatedReplicas = 0 } = status;
    if (observedGeneration !== metadata.generation || availableReplicas !== replicas || updatedReplicas !== replicas)
      found.push(`${metadata.name} tells ${JSON.stringify(status)}`);
  }
  for (const rs of sets)
    if (!wanted.some(({ metadata }) => metadata.uid === ownerUid(rs))) found.push(`${rs.metadata.name} has no owner`);
  for (const pod of all)
    if (!sets.some(({ metadata }) => metadata.uid === ownerUid(pod))) found.push(`${pod.metadata.name} has no owner`);
  return found;
}

async function untilRight(client: ApiClient): Promise<void> {
  let last: string[] = [];
  await eventually(async () => {
    last = await wrongs(client);
    return last.length === 0 ? true : undefined;
  }).catch((cause: unknown) => {
    throw new Error(`The dust has not settled:\n${last.join('\n')}`, { cause });
  });
}

async function withWorkers(
  { client, transport }: RestartableApi,
  { seed, use }: { seed: number; use: (storm: DisturbedTransport) => Promise<void> },
): Promise<void> {
  const storm = new DisturbedTransport(transport, { random: seededRandom(seed) });
  const disturbed = restClient(storm);
  await beside(
    [controllers(disturbed), scheduler(disturbed), hollow(client, { names: ['node-1', 'node-2'] })],
    async () => {
      await untilFound(() => client.resource(serviceaccounts).get({ namespace, name: 'default' }));
      await use(storm);
    },
  );
}

for (const seed of [1, 2, 3, 4])
  test(`whatever users and the network do, the state converges in the end (seed ${seed})`, () =>
    withRestartableApi((api) =>
      withWorkers(api, {
        seed,
        use: async (storm) => {
          const random = seededRandom(seed + 1000);
          for (const name of names)
            await api.client
              .resource<Deployment>(deployments)
              .create({ metadata: { namespace, name }, spec: specOf(name, 3) });
          for (let i = 0; i < 40; i++) {
            if (i % 13 === 12) {
              await api.down();
              await systemClock.sleep(random.next() * 100);
              await api.up();
            }
            await act(api.client, random);
            await systemClock.sleep(random.next() * 40);
          }
          storm.calm();
          await untilRight(api.client);
        },
      }),
    ));

test('in a storm no pod is created twice, except those whose creation was not confirmed', () =>
  withRestartableApi((api) =>
    withWorkers(api, {
      seed: 5,
      use: async (storm) => {
        const { client } = api;
        const informers = sharedInformers({ client, log: silentLogger });
        const seen = new Set<string>();
        informers.for<Pod>(pods, { namespace }).onEvent({ added: ({ metadata }) => seen.add(metadata.uid) });
        await beside([informers], async () => {
          await client
            .resource<Deployment>(deployments)
            .create({ metadata: { namespace, name: 'one' }, spec: specOf('one', 60) });
          await eventually(async () => (seen.size >= 60 ? true : undefined));
          storm.calm();
          await untilRight(client);
        });
        assert.ok(seen.size <= 60 + storm.lostPods, `${seen.size} created, ${storm.lostPods} never confirmed`);
      },
    }),
  ));

test('when the leader loses its connection the other takes over, and the first has stopped by then', () =>
  withRestartableApi(async ({ client, transport }) => {
    const timing = { leaseDurationMs: 2000, renewDeadlineMs: 1000, retryPeriodMs: 100 };
    const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };
    const active = new Set<string>();
    const candidate = (identity: string, own: ApiClient): Runnable => ({
      name: identity,
      async run(signal) {
        const options = {
          client: own,
          lease,
          identity,
          ...timing,
          clock: systemClock,
          random: seededRandom(9),
          log: silentLogger,
        };
        const lead = async (scope: AbortSignal): Promise<void> => {
          assert.deepEqual([...active], [], 'two lead at once');
          active.add(identity);
          await controllers(own).run(scope);
          active.delete(identity);
        };
        await runAsLeader(options, lead, signal).catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'LeadershipLostError')) throw error;
        });
      },
    });
    const first = new HangingTransport(transport);
    const deploymentClient = client.resource<Deployment>(deployments);
    await beside(
      [candidate('first', restClient(first)), scheduler(client), hollow(client, { names: ['node-1', 'node-2'] })],
      async () => {
        await untilFound(() => client.resource(serviceaccounts).get({ namespace, name: 'default' }));
        await beside([candidate('second', client)], async () => {
          await deploymentClient.create({ metadata: { namespace, name: 'one' }, spec: specOf('one', 4) });
          await untilRight(client);
          assert.deepEqual([...active], ['first']);
          await deploymentClient.patch({ namespace, name: 'one' }, { spec: { replicas: 6 } }, { type: 'merge' });
          first.hang();
          await eventually(() => (active.has('second') ? true : undefined));
          await untilRight(client);
          const { spec } = await client.resource(leases).get(lease);
          assert.equal(spec?.holderIdentity, 'second');
        });
      },
    );
  }));
