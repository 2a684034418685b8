import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema, PriorityLevelConfiguration } from '@typernetes/api/flowcontrol/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { Informers } from '@typernetes/client';
import { createMetrics } from '@typernetes/process';
import type { UserInfo } from '../identity/user-info.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { dividedSeats, seatBounds, smoothedDemand } from './concurrency-limits.ts';
import { mandatoryLevels, mandatorySchemas, suggestedLevels, suggestedSchemas } from './default-objects.ts';
import { type Admittance, PriorityAndFairness } from './flow-control.ts';
import { flowMetrics } from './flow-metrics.ts';
import { inflightLimit } from './inflight-limit.ts';
import { danglingCondition, planUpkeep } from './maintenance.ts';
import { requestWidth } from './request-width.ts';
import { SeatDemand } from './seat-demand.ts';
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
  readonly requestTimeoutMs?: number;
}

function control({ levels = [], schemas = [], seats = 600, requestTimeoutMs }: Kit = {}) {
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
    sizeOf: () => ({ objects: 0, bytes: 0 }),
    bySize: true,
    requestTimeoutMs,
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
    ['0 0 600', '13 13 613', '49 24 649', '25 25 625', '98 73 698', '74 50 674', '98 49 698', '245 24 845'],
  );
  // What one list may take there, and what each level has while nobody asks: the same part of what it keeps at least.
  const limits = (name: string) => `${levelOf(name)?.mostSeats} ${levelOf(name)?.limit}`;
  assert.deepEqual(['exempt', 'catch-all', 'leader-election', 'node-high', 'workload-low'].map(limits), [
    '0 0',
    '0 30',
    '4 58',
    '15 170',
    '37 56',
  ]);
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
    { nominal: 30, min: 15, max: 70 },
    { nominal: 10, min: 10, max: 20 },
  ]);
  const divided = (...highest: number[]) => {
    const demands = bounds.map((one, i) => ({ ...one, highest: highest[i] ?? 0, smoothed: highest[i] ?? 0 }));
    return dividedSeats(demands, 40).seats;
  };
  // Idle levels get the same part of what they keep at least.
  assert.deepEqual(divided(0, 0), [24, 16]);
  assert.deepEqual(divided(0, 100), [20, 20]);
  assert.deepEqual(divided(25, 100), [25, 15]);
  assert.deepEqual(divided(100, 100), [30, 10]);
  assert.deepEqual(divided(100, 0), [30, 10]);
  const { fairPart, targets } = dividedSeats([{ nominal: 10, min: 5, max: 40, highest: 8, smoothed: 12 }], 20);
  assert.deepEqual([fairPart.toFixed(3), targets], ['1.667', [12]]);
  assert.deepEqual(dividedSeats([{ nominal: 10, min: 5, max: 12, highest: 0, smoothed: 0 }], 20).seats, [12]);
});

test('demand is the average over time and a deviation more; a rise counts at once, a fall slowly', () => {
  const demand = new SeatDemand(1000);
  assert.equal(demand.take(1000), undefined);
  demand.change(4, 1000);
  demand.change(4, 1500);
  demand.change(-6, 2000);
  assert.deepEqual(demand.take(3000), {
    highest: 8,
    average: 4,
    deviation: Math.sqrt((16 * 500 + 64 * 500 + 4 * 1000) / 2000 - 16),
  });
  assert.deepEqual(demand.take(4000), { highest: 2, average: 2, deviation: 0 });
  assert.equal(smoothedDemand(0, { average: 8, deviation: 2 }), 10);
  const fallen = smoothedDemand(10, { average: 0, deviation: 0 });
  assert.ok(fallen > 9.7 && fallen < 10);
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

test('large lists take more seats, by what they load', () => {
  const width = (target: string, bytes: number, { most = 0, bySize = true, objects = 1000 } = {}): number => {
    const { info, query } = askedFor('GET', target, nobody);
    return requestWidth(info, query, { sizeOf: () => ({ objects, bytes }), bySize, most });
  };
  const [mb, initial] = [1_000_000, 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'];
  assert.equal(width('/api/v1/pods', 50_000), 1);
  assert.equal(width('/api/v1/pods', 450_000), 5);
  assert.equal(width('/api/v1/pods?limit=100', 5 * mb), 5);
  // What the cache has is sent in pieces.
  assert.equal(width('/api/v1/pods', 5 * mb), 10);
  assert.equal(width('/api/v1/pods', 5 * mb, { most: 4 }), 4);
  assert.equal(width('/api/v1/pods?continue=x', 5 * mb), 50);
  assert.equal(width('/api/v1/pods?continue=x', 50 * mb), 100);
  assert.equal(width('/api/v1/pods?resourceVersion=5&limit=500', 5 * mb), 25);
  assert.equal(width('/api/v1/pods?resourceVersion=0&limit=500', 5 * mb), 10);
  assert.equal(width('/api/v1/pods?continue=x&limit=100&labelSelector=a', 5 * mb), 25);
  assert.equal(width('/api/v1/pods?fieldSelector=metadata.name%3Da', 50 * mb), 1);
  assert.equal(width('/api/v1/pods?fieldSelector=metadata.name%3Da', 300 * mb), 3);
  assert.equal(width('/api/v1/namespaces/a/pods/b', 50 * mb), 1);
  assert.equal(width('/api/v1/pods?watch=1', 5 * mb), 1);
  assert.equal(width(`/api/v1/pods?watch=1&${initial}`, 5 * mb), 10);
  assert.equal(width('/api/v1/pods', 0, { objects: 0 }), 1);
  // Without the gate: by the number of objects.
  const counted = (target: string, objects: number): number => width(target, mb, { bySize: false, objects });
  assert.equal(counted('/api/v1/pods?limit=100', 450), 5);
  assert.equal(counted('/api/v1/pods?continue=x&limit=100', 450), 2);
  assert.equal(counted('/api/v1/pods?continue=x&limit=100&labelSelector=a', 450), 6);
  assert.equal(counted('/api/v1/pods', 50_000), 10);
});

test('a request waits a quarter of its time, a minute at most', async () => {
  const { flows, clock } = control({
    levels: [narrow],
    schemas: [schema('all', {})],
    seats: 6,
    requestTimeoutMs: 600_000,
  });
  const held = (await flows.enter(askedFor('GET', '/api/v1/nodes', nobody))) as Admittance;
  const ends: string[] = [];
  for (const query of ['', '?timeout=40s']) {
    const entering = flows.enter(askedFor('GET', `/api/v1/nodes${query}`, nobody));
    void Promise.resolve(entering).then(({ refusal }) => ends.push(`${query} ${refusal}`));
  }
  await clock.advance(10_000);
  assert.deepEqual(ends, ['?timeout=40s time-out']);
  await clock.advance(49_999);
  assert.equal(ends.length, 1);
  await clock.advance(1);
  assert.deepEqual(ends.slice(1), [' time-out']);
  held.leave();
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
