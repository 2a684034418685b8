import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Node, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import type { Extender } from '@typernetes/api/kubescheduler.config/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import type { ApiClient } from '@typernetes/client';
import { completeSchedulerConfig } from '@typernetes/scheduler';
import { eventually, withApi } from './api.ts';
import { beside, scheduler } from './control-plane.ts';
import { addNode } from './schedulable-node.ts';

type Answer = (body: Record<string, never>) => unknown;

/** Runs an extender on loopback that answers by verb and records requests. */
async function withExtender(
  answers: Record<string, Answer>,
  use: (urlPrefix: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const verb = (request.url ?? '').split('/').at(-1) ?? '';
    asked.push(verb);
    const answer = answers[verb];
    response.writeHead(answer ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.((await json(request)) as never) ?? null));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/scheduling/`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withExtenders(extenders: Extender[], use: (client: ApiClient) => Promise<void>): Promise<void> {
  await withApi(async (client) => {
    for (const name of ['node-1', 'node-2', 'node-3']) await addNode(client, name, '1');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    const config = completeSchedulerConfig({ extenders });
    await beside([scheduler(client, { profiles: config.profiles, extenders: config.extenders })], () => use(client));
  });
}

const draft = (name: string, requests: Record<string, string> = { cpu: '100m' }) => ({
  metadata: { name, namespace: 'default' },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'nginx', resources: { requests } }] },
});
const ref = (name: string) => ({ namespace: 'default', name });
const nodeOf = (client: ApiClient, name: string) =>
  eventually(async () => (await client.resource<Pod>(pods).get(ref(name))).spec.nodeName);
const refusalOf = (client: ApiClient, name: string) =>
  eventually(async () => {
    const { status } = await client.resource<Pod>(pods).get(ref(name));
    return status?.conditions?.find(({ type, status: now }) => type === 'PodScheduled' && now === 'False')?.message;
  });

test('extenders filter and score nodes, and reject pods; a missing one may be ignored', async () => {
  let isFull = false;
  const answers: Record<string, Answer> = {
    filter: ({ Pod, Nodes }: { Pod: Pod; Nodes: { items: Node[] } }) => ({
      Nodes: {
        items: Nodes.items.filter(
          ({ metadata }) => metadata.name !== 'node-1' && !(isFull && Pod.metadata.name === 'late'),
        ),
      },
      FailedNodes: { 'node-1': 'no licence', ...(isFull ? { 'node-2': 'full', 'node-3': 'full' } : {}) },
    }),
    prioritize: ({ Nodes }: { Nodes: { items: Node[] } }) =>
      Nodes.items.map(({ metadata }) => ({ Host: metadata.name, Score: metadata.name === 'node-3' ? 10 : 0 })),
  } as never;
  await withExtender(answers, async (urlPrefix) => {
    const extenders: Extender[] = [
      { urlPrefix: 'http://127.0.0.1:1/', filterVerb: 'filter', ignorable: true },
      { urlPrefix, filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 5 },
    ];
    await withExtenders(extenders, async (client) => {
      for (const name of ['a', 'b', 'c']) {
        await client.resource<Pod>(pods).create(draft(name));
        assert.equal(await nodeOf(client, name), 'node-3');
      }
      isFull = true;
      await client.resource<Pod>(pods).create(draft('late'));
      assert.equal(
        await refusalOf(client, 'late'),
        '0/3 nodes are available: 1 no licence, 2 full. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
      );
      isFull = false;
      await client.resource(nodes).patch({ name: 'node-2' }, { metadata: { labels: { x: 'y' } } }, { type: 'merge' });
      assert.equal(await nodeOf(client, 'late'), 'node-3');
    });
  });
});

test('an extender binds pods, gets nodes by name, and manages its own resources', async () => {
  const bound: unknown[] = [];
  const made: { client?: ApiClient } = {};
  const answers: Record<string, Answer> = {
    filter: ({ NodeNames }: { NodeNames: string[] }) => ({ nodenames: NodeNames.slice(-1) }),
    bind: (body: { PodName: string; PodNamespace: string; PodUID: string; Node: string }) => {
      bound.push([body.PodNamespace, body.PodName, body.Node]);
      const metadata = { name: body.PodName, namespace: body.PodNamespace, uid: body.PodUID };
      const target = { kind: 'Node', name: body.Node };
      void made.client
        ?.resource(pods)
        .createSubresource(ref(body.PodName), 'binding', { apiVersion: 'v1', kind: 'Binding', metadata, target });
      return {};
    },
  } as never;
  await withExtender(answers, async (urlPrefix, asked) => {
    const extender: Extender = {
      urlPrefix,
      filterVerb: 'filter',
      bindVerb: 'bind',
      nodeCacheCapable: true,
      managedResources: [{ name: 'example.com/card', ignoredByScheduler: true }],
    };
    await withExtenders([extender], async (client) => {
      made.client = client;
      await client.resource<Pod>(pods).create(draft('plain'));
      await nodeOf(client, 'plain');
      assert.deepEqual(asked, []);
      const withCard = draft('card');
      await client.resource<Pod>(pods).create({
        ...withCard,
        spec: {
          ...withCard.spec,
          containers: [{ name: 'main', image: 'nginx', resources: { limits: { 'example.com/card': '1' } } }],
        },
      });
      const node = await nodeOf(client, 'card');
      assert.deepEqual(bound, [['default', 'card', node]]);
      assert.deepEqual(asked, ['filter', 'bind']);
    });
  });
});

test('an extender chooses victims of preemption; if it fails, the pod stays pending', async () => {
  const answers: Record<string, Answer> = {
    preempt: ({ NodeNameToVictims }: { NodeNameToVictims: Record<string, { Pods: Pod[] }> }) => {
      const victims = NodeNameToVictims['node-2'];
      const Pods = victims?.Pods.map(({ metadata }) => ({ UID: metadata.uid }));
      return { NodeNameToMetaVictims: victims ? { 'node-2': { Pods, NumPDBViolations: 0 } } : {} };
    },
  } as never;
  await withExtender(answers, async (urlPrefix) => {
    await withExtenders([{ urlPrefix, preemptVerb: 'preempt' }], async (client) => {
      for (const [name, value] of Object.entries({ low: 10, high: 1000 }))
        await client.resource(priorityclasses).create({ metadata: { name }, value });
      const create = (name: string, priorityClassName: string) => {
        const { metadata, spec } = draft(name, { cpu: '800m' });
        return client.resource<Pod>(pods).create({ metadata, spec: { ...spec, priorityClassName } });
      };
      for (const name of ['one', 'two', 'three']) await create(name, 'low');
      for (const name of ['one', 'two', 'three']) await nodeOf(client, name);
      await create('four', 'high');
      assert.equal(await nodeOf(client, 'four'), 'node-2');
    });
    await withExtenders([{ urlPrefix, filterVerb: 'broken' }], async (client) => {
      await client.resource<Pod>(pods).create(draft('any'));
      assert.equal(await refusalOf(client, 'any'), `failed broken with extender at URL ${urlPrefix}broken, code 500`);
    });
  });
});
