import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema, PriorityLevelConfiguration } from '@typernetes/api/flowcontrol/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { Informers } from '@typernetes/client';
import { createMetrics } from '@typernetes/process';
import type { UserInfo } from '../identity/user-info.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { adjustedSeats, seatBounds, smoothedDemand } from './concurrency-limits.ts';
import { mandatoryLevels, mandatorySchemas, suggestedLevels, suggestedSchemas } from './default-objects.ts';
import { type Admittance, PriorityAndFairness } from './flow-control.ts';
import { flowMetrics } from './flow-metrics.ts';
import { inflightLimit } from './inflight-limit.ts';
import { danglingCondition, planUpkeep } from './maintenance.ts';
import { requestWidth } from './request-width.ts';
import { dealHand, flowHash } from './shuffle-sharding.ts';

const nobody: UserInfo = { username: 'jane', groups: ['system:authenticated'] };

function askedFor(method: string, target: string, user: UserInfo, signal = new AbortController().signal) {
  const { pathname, searchParams: query } = new URL(target, 'http://server');
  return { info: parseRequestInfo(method, pathname, query), user, query, received: { signal } };
}

interface Kit {
  readonly levels?: readonly unknown[];
  readonly schemas?: readonly unknown[];
  readonly seats?: number;
  readonly count?: number;
}

function control({ levels = [], schemas = [], seats = 600, count = 0 }: Kit = {}) {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const informers = {
    for: ({ plural }: { plural: string }) => ({
      lister: { list: () => (plural === 'flowschemas' ? schemas : levels) },
      onEvent: () => () => {},
    }),
  } as unknown as Pick<Informers, 'for'>;
  const flows = new PriorityAndFairness(informers, {
    serverSeats: seats,
    countOf: () => count,
    clock,
    metrics: flowMetrics(metrics),
  });
  const levelOf = (name: string) => flows.levels.find((one) => one.name === name);
  return { flows, clock, metrics, levelOf };
}

const level = (name: string, limited: object): PriorityLevelConfiguration =>
  ({ metadata: { name, uid: `level-${name}` }, spec: { type: 'Limited', limited } }) as never;
const schema = (name: string, spec: object): FlowSchema =>
  ({
    metadata: { name, uid: `schema-${name}` },
    spec: {
      priorityLevelConfiguration: { name: 'narrow' },
      matchingPrecedence: 50,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name: 'system:authenticated' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
        },
      ],
      ...spec,
    },
  }) as never;

/** One seat, and two queues of two. */
const narrow = level('narrow', {
  nominalConcurrencyShares: 1,
  borrowingLimitPercent: 0,
  limitResponse: { type: 'Queue', queuing: { queues: 2, handSize: 1, queueLengthLimit: 2 } },
});

test('the default configuration assigns each request its level', () => {
  const { flows, levelOf } = control({
    levels: [...mandatoryLevels, ...suggestedLevels],
    schemas: [...mandatorySchemas, ...suggestedSchemas],
  });
  const levelAfter = (method: string, target: string, user: UserInfo): string => {
    const before = new Map(flows.levels.map(({ name, executing }) => [name, executing]));
    const entered = flows.enter(askedFor(method, target, user)) as Admittance;
    const taken = flows.levels.find(({ name, executing }) => executing > (before.get(name) ?? 0))?.name ?? '';
    entered.leave();
    return taken;
  };
  const as = (username: string, ...groups: string[]): UserInfo => ({
    username,
    groups: [...groups, 'system:authenticated'],
  });
  const node = as('system:node:n1', 'system:nodes');
  const account = (name: string) => as(`system:serviceaccount:kube-system:${name}`, 'system:serviceaccounts');
  assert.equal(levelAfter('GET', '/api/v1/pods', as('admin', 'system:masters')), 'exempt');
  assert.equal(
    levelAfter('GET', '/readyz', { username: 'system:anonymous', groups: ['system:unauthenticated'] }),
    'exempt',
  );
  assert.equal(
    levelAfter('PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1', node),
    'node-high',
  );
  assert.equal(levelAfter('PATCH', '/api/v1/nodes/n1/status', node), 'node-high');
  assert.equal(levelAfter('GET', '/api/v1/pods', node), 'system');
  const scheduler = as('system:kube-scheduler');
  assert.equal(
    levelAfter('PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/s', scheduler),
    'leader-election',
  );
  assert.equal(levelAfter('GET', '/api/v1/pods', scheduler), 'workload-high');
  assert.equal(levelAfter('PUT', '/api/v1/namespaces/a/endpoints/x', account('endpoint-controller')), 'workload-high');
  assert.equal(
    levelAfter('GET', '/api/v1/pods', as('system:serviceaccount:a:b', 'system:serviceaccounts')),
    'workload-low',
  );
  assert.equal(levelAfter('GET', '/api/v1/pods', nobody), 'global-default');
  assert.equal(levelAfter('GET', '/api/v1/pods', { username: 'x', groups: [] }), 'catch-all');
  // The figures of upstream's default server.
  const bounds = (name: string) => Object.values(levelOf(name)?.bounds ?? {}).join(' ');
  assert.deepEqual(
    [
      'exempt',
      'catch-all',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ].map(bounds),
    ['0 0 600', '13 13 600', '49 24 600', '25 25 600', '98 73 600', '74 50 600', '98 49 600', '245 24 600'],
  );
});

test('without any objects the mandatory ones apply', () => {
  const { flows } = control();
  assert.deepEqual(
    flows.levels.map(({ name }) => name),
    ['exempt', 'catch-all'],
  );
  const entered = flows.enter(askedFor('GET', '/api', nobody)) as Admittance;
  assert.equal(entered.refusal, undefined);
});

test('a request without a free seat waits, in turn with other flows; a full queue refuses it', async () => {
  const { flows, levelOf, metrics } = control({ levels: [narrow], schemas: [schema('all', {})], seats: 6 });
  const order: string[] = [];
  // Two users whose hands have different queues.
  const queueOf = (name: string) => dealHand(flowHash('all', name), { deckSize: 2, handSize: 1 })[0];
  const [busy, quiet = ''] = ['a', ...'bcdefgh'.split('').filter((name) => queueOf(name) !== queueOf('a'))];
  const send = async (username: string): Promise<Admittance> => {
    const entered = await flows.enter(askedFor('GET', '/api/v1/nodes', { ...nobody, username }));
    order.push(entered.refusal ?? username);
    return entered;
  };
  const first = await send('first');
  assert.deepEqual(first.headers, {
    'x-kubernetes-pf-flowschema-uid': 'schema-all',
    'x-kubernetes-pf-prioritylevel-uid': 'level-narrow',
  });
  const waiting = [send(busy), send(busy)];
  await send(busy);
  waiting.push(send(quiet));
  assert.deepEqual([levelOf('narrow')?.waiting, order], [3, ['first', 'queue-full']]);
  first.leave();
  for (const one of waiting) void one.then((entered) => entered.leave());
  await Promise.all(waiting);
  assert.deepEqual([order.slice(2, 4).sort(), order.at(-1)], [[busy, quiet].sort(), busy]);
  assert.deepEqual([levelOf('narrow')?.executing, levelOf('narrow')?.seatsInUse], [0, 0]);
  const text = metrics.render();
  for (const line of [
    'dispatched_requests_total{flow_schema="all",priority_level="narrow"} 4',
    'rejected_requests_total{flow_schema="all",priority_level="narrow",reason="queue-full"} 1',
    'current_inqueue_requests{flow_schema="all",priority_level="narrow"} 0',
    'nominal_limit_seats{priority_level="narrow"} 1',
  ])
    assert.ok(text.includes(`apiserver_flowcontrol_${line}\n`), line);
});

test('waiting ends by timeout, by disconnect, or at a level without queues', async () => {
  const { flows, clock } = control({ levels: [narrow], schemas: [schema('all', {})], seats: 6 });
  const held = (await flows.enter(askedFor('GET', '/api/v1/nodes', nobody))) as Admittance;
  const late = flows.enter(askedFor('GET', '/api/v1/nodes?timeout=20s', nobody));
  const left = new AbortController();
  const gone = flows.enter(askedFor('GET', '/api/v1/nodes', nobody, left.signal));
  left.abort();
  assert.equal((await gone).refusal, 'cancelled');
  await clock.advance(5000);
  assert.equal((await late).refusal, 'time-out');
  held.leave();
  assert.equal(clock.pending, 0);
  const reject = control({
    seats: 1,
    levels: [level('narrow', { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } })],
    schemas: [schema('all', {})],
  });
  const one = (await reject.flows.enter(askedFor('GET', '/api/v1/nodes', nobody))) as Admittance;
  const refused = async () => await reject.flows.enter(askedFor('GET', '/api/v1/nodes', nobody));
  assert.equal((await refused()).refusal, 'concurrency-limit');
  for (let i = 0; i < 4; i++) assert.equal((await refused()).retryAfterSeconds, 1);
  await reject.clock.advance(1000);
  assert.equal((await refused()).retryAfterSeconds, 2);
  one.leave();
  assert.equal((await reject.flows.enter(askedFor('GET', '/api/v1/nodes', nobody))).refusal, undefined);
});

test('idle seats are lent, but never those that a level needs itself', () => {
  const bounds = seatBounds(
    [
      { limited: { nominalConcurrencyShares: 30, lendablePercent: 50 } },
      { limited: { nominalConcurrencyShares: 10, lendablePercent: 0, borrowingLimitPercent: 100 } },
    ],
    40,
  );
  assert.deepEqual(bounds, [
    { nominal: 30, min: 15, max: 40 },
    { nominal: 10, min: 10, max: 20 },
  ]);
  const demand = (...highest: number[]) =>
    bounds.map((one, i) => ({ ...one, highest: highest[i] ?? 0, smoothed: highest[i] ?? 0 }));
  assert.deepEqual(adjustedSeats(demand(0, 100), 40), [20, 20]);
  assert.deepEqual(adjustedSeats(demand(25, 100), 40), [25, 15]);
  assert.deepEqual(adjustedSeats(demand(100, 100), 40), [30, 10]);
  assert.deepEqual(adjustedSeats(demand(100, 0), 40), [30, 10]);
  assert.equal(smoothedDemand(0, 10), 10);
  assert.ok(smoothedDemand(10, 0) > 9.7);
});

test('hands have distinct queues, always the same for a flow', () => {
  for (const user of ['a', 'b', 'c']) {
    const hand = dealHand(flowHash('s', user), { deckSize: 64, handSize: 6 });
    assert.deepEqual(hand, dealHand(flowHash('s', user), { deckSize: 64, handSize: 6 }));
    assert.equal(new Set(hand).size, 6);
    assert.ok(hand.every((card) => card >= 0 && card < 64));
  }
  assert.deepEqual([...dealHand(7n, { deckSize: 3, handSize: 8 })].sort(), [0, 1, 2]);
});

test('large lists take more seats, up to ten', () => {
  const width = (target: string, count: number): number => {
    const { info, query } = askedFor('GET', target, nobody);
    return requestWidth(info, query, () => count);
  };
  assert.equal(width('/api/v1/pods', 50), 1);
  assert.equal(width('/api/v1/pods', 450), 5);
  assert.equal(width('/api/v1/pods?limit=100', 5000), 1);
  assert.equal(width('/api/v1/pods', 50_000), 10);
  assert.equal(width('/api/v1/namespaces/a/pods/b', 50_000), 1);
  assert.equal(width('/api/v1/pods?watch=1', 50_000), 1);
});

test('without priority and fairness, limits concurrent reads and writes', async () => {
  const limit = inflightLimit({ reading: 1, mutating: 0 });
  const read = () => limit.enter(askedFor('GET', '/api/v1/pods', nobody)) as Admittance;
  const first = read();
  assert.equal(read().refusal, 'concurrency-limit');
  assert.equal((limit.enter(askedFor('POST', '/api/v1/pods', nobody)) as Admittance).refusal, undefined);
  const admin = { username: 'admin', groups: ['system:masters'] };
  assert.equal((limit.enter(askedFor('GET', '/api/v1/pods', admin)) as Admittance).refusal, undefined);
  first.leave();
});

test('maintains objects while their annotation says so', () => {
  const wanted = suggestedLevels[0] as PriorityLevelConfiguration;
  const stored = (annotation: string | undefined, generation: number, shares = 7): PriorityLevelConfiguration => ({
    ...wanted,
    metadata: {
      ...wanted.metadata,
      generation,
      annotations: annotation === undefined ? {} : { 'apf.kubernetes.io/autoupdate-spec': annotation },
    } as never,
    spec: { type: 'Limited', limited: { ...wanted.spec.limited, nominalConcurrencyShares: shares } },
  });
  const plan = (current: PriorityLevelConfiguration | undefined, mandatory = false) =>
    planUpkeep(wanted, current, { mandatory });
  const sharesOf = (upkeep: ReturnType<typeof plan>) =>
    upkeep?.action === 'update' ? upkeep.object.spec.limited?.nominalConcurrencyShares : upkeep?.action;
  assert.equal(sharesOf(plan(undefined)), 'create');
  assert.equal(sharesOf(plan(stored('true', 1, 30))), undefined);
  assert.equal(sharesOf(plan(stored('true', 3))), 30);
  assert.equal(sharesOf(plan(stored('false', 3))), undefined);
  assert.equal(sharesOf(plan(stored(undefined, 1))), 30);
  const own = plan(stored(undefined, 2));
  assert.equal(sharesOf(own), 7);
  assert.equal(
    own?.action === 'update' && own.object.metadata.annotations?.['apf.kubernetes.io/autoupdate-spec'],
    'false',
  );
  assert.equal(sharesOf(plan(stored('false', 3), true)), 30);
});

test('a schema reports whether its level exists', () => {
  const of = schema('all', {});
  const missing = danglingCondition(of, new Set(), 0);
  assert.deepEqual([missing?.status, missing?.reason], ['True', 'NotFound']);
  const found = danglingCondition(of, new Set(['narrow']), 0);
  assert.ok(found);
  assert.equal(
    found.message,
    'This FlowSchema references the PriorityLevelConfiguration object named "narrow" and it exists',
  );
  assert.equal(danglingCondition({ ...of, status: { conditions: [found] } }, new Set(['narrow']), 5), undefined);
});
