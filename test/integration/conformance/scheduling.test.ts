import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { condition, until } from './workload.ts';

/** Placement of pods, defaults of limit ranges, and preemption. */

const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, creationTimestamp: null, ...metadata },
  spec: { containers: [{ name: 'c', image: 'agnhost', resources: {} }], ...spec },
  status: {},
});
const running = (one: Wire) => at(one, 'status/phase') === 'Running';
const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';

/**
 * Adds a resource for this check to one node. Preemption on the node clears the nominations of lower-priority pods,
 * whatever resources they want.
 */
async function onNode(
  talk: Conversation,
  amount: string,
  node = 'node-1',
): Promise<{ readonly resource: string; readonly hostname: string }> {
  const resource = `example.com/${talk.namespace}`;
  const patch = { status: { capacity: { [resource]: amount }, allocatable: { [resource]: amount } } };
  await talk.patch(`/api/v1/nodes/${node}/status`, patch, 'strategic');
  return {
    resource,
    hostname: String(
      at<Record<string, string>>(await talk.get(`/api/v1/nodes/${node}`), 'metadata/labels')?.[
        'kubernetes.io/hostname'
      ],
    ),
  };
}

const wants = (resource: string, amount: string) => ({
  containers: [
    { name: 'c', image: 'pause', resources: { requests: { [resource]: amount }, limits: { [resource]: amount } } },
  ],
});

async function priority(talk: Conversation, name: string, value: number): Promise<string> {
  const full = `${talk.namespace}-${name}`;
  await talk.create(classes, { metadata: { name: full, creationTimestamp: null }, value });
  return full;
}

conformance('scheduling', {
  'LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.': async (talk) => {
    const list = (cpu: string, memory: string, storage: string) => ({
      ...(cpu && { cpu }),
      ...(memory && { memory }),
      ...(storage && { 'ephemeral-storage': storage }),
    });
    const limits = [
      {
        type: 'Container',
        min: list('50m', '100Mi', '100Gi'),
        max: list('500m', '500Mi', '500Gi'),
        default: list('500m', '500Mi', '500Gi'),
        defaultRequest: list('100m', '200Mi', '200Gi'),
        maxLimitRequestRatio: {},
      },
    ];
    await talk.create(talk.here('limitranges'), {
      metadata: { name: 'l', labels: { time: talk.namespace } },
      spec: { limits },
    });
    const make = (name: string, requests: object, limits: object, status = 201) =>
      talk.ask(
        'POST',
        talk.here('pods'),
        pod(name, { containers: [{ name: 'c', image: 'pause', resources: { requests, limits } }] }),
        { status },
      );
    await eventually(async () => {
      const a = await talk.send('POST', `${talk.here('pods')}?dryRun=All`, pod('probe', {}));
      const text = Buffer.concat(await Array.fromAsync(a.body)).toString();
      return at(JSON.parse(text), 'spec/containers/0/resources/limits') ? true : undefined;
    });
    assert.deepEqual(at(await make('none', {}, {}), 'spec/containers/0/resources'), {
      requests: list('100m', '200Mi', '200Gi'),
      limits: list('500m', '500Mi', '500Gi'),
    });
    assert.deepEqual(
      at(await make('partial', list('', '150Mi', '150Gi'), list('300m', '', '')), 'spec/containers/0/resources'),
      { requests: list('300m', '150Mi', '150Gi'), limits: list('300m', '500Mi', '500Gi') },
    );
    await make('little', list('10m', '50Mi', '50Gi'), {}, 403);
    // The request exceeds the default limit.
    const much = await talk.send(
      'POST',
      talk.here('pods'),
      pod('much', {
        containers: [{ name: 'c', image: 'pause', resources: { requests: list('600m', '600Mi', '600Gi') } }],
      }),
    );
    for await (const _ of much.body);
    assert.ok(much.status >= 400);
    await talk.patch(
      talk.here('limitranges', 'l'),
      { spec: { limits: [{ ...limits[0], min: list('9m', '49Mi', '49Gi') }] } },
      'strategic',
    );
    await eventually(async () => {
      const a = await talk.send(
        'POST',
        talk.here('pods'),
        pod('little', {
          containers: [{ name: 'c', image: 'pause', resources: { requests: list('10m', '50Mi', '50Gi') } }],
        }),
      );
      for await (const _ of a.body);
      return a.status === 201 || undefined;
    });
    await talk.delete(talk.here('limitranges', 'l'), { gracePeriodSeconds: 30 });
    await eventually(async () => {
      const a = await talk.send(
        'POST',
        talk.here('pods'),
        pod('much', {
          containers: [{ name: 'c', image: 'pause', resources: { requests: list('600m', '600Mi', '600Gi') } }],
        }),
      );
      for await (const _ of a.body);
      return a.status === 201 || undefined;
    });
  },
  'SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods':
    async (talk) => {
      const path = `${classes}/${await priority(talk, 'p1', 1)}`;
      const merge = { type: 'application/strategic-merge-patch+json' };
      const refusal = await talk.refused(422, 'PATCH', path, { value: 10 }, merge);
      assert.match(String(refusal.message), /is invalid: value: Forbidden: may not be changed in an update\.$/);
      assert.equal((await talk.patch(path, { description: 'updated' }, 'strategic')).description, 'updated');
      await talk.delete(path, { gracePeriodSeconds: 0 });
    },
  'SchedulerPreemption validates basic preemption works': async (talk) => {
    const { resource, hostname } = await onNode(talk, '5');
    const nodeSelector = { 'kubernetes.io/hostname': hostname };
    const [low, medium, high] = [
      await priority(talk, 'low', 1),
      await priority(talk, 'medium', 100),
      await priority(talk, 'high', 1000),
    ];
    await talk.create(talk.here('pods'), pod('low', { ...wants(resource, '3'), nodeSelector, priorityClassName: low }));
    await talk.create(
      talk.here('pods'),
      pod('medium', { ...wants(resource, '2'), nodeSelector, priorityClassName: medium }),
    );
    for (const name of ['low', 'medium']) await until(talk, talk.here('pods', name), running);
    await talk.create(
      talk.here('pods'),
      pod('high', { ...wants(resource, '3'), nodeSelector, priorityClassName: high }),
    );
    await until(talk, talk.here('pods', 'high'), running);
    assert.deepEqual(
      itemsOf(await talk.get(talk.here('pods')))
        .map(nameOf)
        .sort(),
      ['high', 'medium'],
    );
    await talk.create(
      '/api/v1/namespaces/kube-system/pods',
      pod('critical', { ...wants(resource, '2'), nodeSelector, priorityClassName: 'system-cluster-critical' }),
    );
    await until(talk, '/api/v1/namespaces/kube-system/pods/critical', running);
    assert.deepEqual(itemsOf(await talk.get(talk.here('pods'))).map(nameOf), ['high']);
    await talk.delete('/api/v1/namespaces/kube-system/pods/critical', { gracePeriodSeconds: 0 });
  },
  'SchedulerPreemption validates lower priority pod preemption by critical pod': async (talk) => {
    const { resource, hostname } = await onNode(talk, '5');
    const nodeSelector = { 'kubernetes.io/hostname': hostname };
    const [low, medium] = [await priority(talk, 'low', 1), await priority(talk, 'medium', 100)];
    const put = (name: string, amount: string, priorityClassName: string) =>
      talk.create(talk.here('pods'), pod(name, { ...wants(resource, amount), nodeSelector, priorityClassName }));
    await put('low', '3', low);
    await put('medium', '2', medium);
    for (const name of ['low', 'medium']) await until(talk, talk.here('pods', name), running);
    const critical = `/api/v1/namespaces/kube-system/pods`;
    const name = `${talk.namespace}-critical`;
    await talk.create(
      critical,
      pod(name, { ...wants(resource, '3'), nodeSelector, priorityClassName: 'system-cluster-critical' }),
    );
    await until(talk, `${critical}/${name}`, running);
    assert.deepEqual(itemsOf(await talk.get(talk.here('pods'))).map(nameOf), ['medium']);
    await talk.delete(`${critical}/${name}`, { gracePeriodSeconds: 0 });
  },
  'SchedulerPreemption validates pod disruption condition is added to the preempted pod': async (talk) => {
    const { resource, hostname } = await onNode(talk, '1');
    const nodeSelector = { 'kubernetes.io/hostname': hostname };
    const [low, high] = [await priority(talk, 'low', 1), await priority(talk, 'high', 1000)];
    await talk.create(
      talk.here('pods'),
      pod(
        'victim',
        { ...wants(resource, '1'), nodeSelector, priorityClassName: low },
        { finalizers: ['example.com/test-finalizer'] },
      ),
    );
    await until(talk, talk.here('pods', 'victim'), running);
    await talk.create(
      talk.here('pods'),
      pod('preemptor', { ...wants(resource, '1'), nodeSelector, priorityClassName: high }),
    );
    const victim = await until(
      talk,
      talk.here('pods', 'victim'),
      (one) => at(one, 'metadata/deletionTimestamp') !== undefined,
    );
    assert.deepEqual(
      [condition(victim, 'DisruptionTarget')?.status, condition(victim, 'DisruptionTarget')?.reason],
      ['True', 'PreemptionByScheduler'],
    );
    await talk.patch(talk.here('pods', 'victim'), { metadata: { finalizers: null } });
  },
  'SchedulerPreemption PreemptionExecutionPath runs ReplicaSets to verify preemption running path': async (talk) => {
    const { resource, hostname } = await onNode(talk, '1000', 'node-2');
    const nodeSelector = { 'kubernetes.io/hostname': hostname };
    const sets = `/apis/apps/v1/namespaces/${talk.namespace}/replicasets`;
    const put = async (value: number, replicas: number, amount: string): Promise<string> => {
      const name = `rs-${value}`;
      const labels = { name };
      const priorityClassName = await priority(talk, `p${value}`, value);
      const template = { metadata: { labels }, spec: { ...wants(resource, amount), nodeSelector, priorityClassName } };
      await talk.create(sets, { metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } });
      return name;
    };
    const seen = new Set<string>();
    const watched = async (): Promise<readonly Wire[]> => {
      const items = itemsOf(await talk.get(talk.here('pods')));
      for (const item of items) seen.add(nameOf(item));
      return items;
    };
    await put(1, 1, '200');
    await put(2, 1, '300');
    await put(3, 1, '450');
    await eventually(async () => ((await watched()).filter(running).length === 3 ? true : undefined));
    await put(4, 1, '500');
    await eventually(async () => {
      const items = await watched();
      return items.some((item) => nameOf(item).startsWith('rs-4') && running(item)) ? true : undefined;
    });
    await eventually(async () => {
      const items = await watched();
      const waiting = items.filter((item) => condition(item, 'PodScheduled')?.reason === 'Unschedulable');
      return waiting.length === 2 ? true : undefined;
    });
    const counts = [1, 2, 3, 4].map((value) => [...seen].filter((name) => name.startsWith(`rs-${value}-`)).length);
    assert.deepEqual(counts, [2, 2, 1, 1]);
  },
  'SchedulerPredicates validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP':
    async (talk) => {
      const make = (name: string, hostIP: string, protocol = 'TCP') =>
        talk.create(
          talk.here('pods'),
          pod(name, {
            nodeSelector: { 'kubernetes.io/hostname': 'node-1' },
            containers: [
              {
                name: 'c',
                image: 'agnhost',
                ports: [{ containerPort: 8080, hostPort: 54323, protocol, ...(hostIP && { hostIP }) }],
              },
            ],
          }),
        );
      await make('any', '');
      await until(talk, talk.here('pods', 'any'), running);
      await make('one', '127.0.0.1');
      await until(talk, talk.here('pods', 'one'), (one) => condition(one, 'PodScheduled')?.reason === 'Unschedulable');
      await make('udp', '127.0.0.1', 'UDP');
      await until(talk, talk.here('pods', 'udp'), running);
    },
  'SchedulerPredicates validates that NodeSelector is respected if not matching': async (talk) => {
    await talk.create(talk.here('pods'), pod('p', { nodeSelector: { label: 'nonempty' } }));
    await until(talk, talk.here('pods', 'p'), (one) => condition(one, 'PodScheduled')?.reason === 'Unschedulable');
    const event = await eventually(
      async () =>
        itemsOf(
          await talk.get(
            `${talk.here('events')}?fieldSelector=involvedObject.kind%3DPod,involvedObject.name%3Dp,involvedObject.namespace%3D${talk.namespace},source%3Ddefault-scheduler,reason%3DFailedScheduling`,
          ),
        )[0],
    );
    assert.equal(event.type, 'Warning');
  },
});
