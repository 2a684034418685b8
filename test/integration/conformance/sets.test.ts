import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { collects, hasStatus, scales, status, until, workload } from './workload.ts';

/** StatefulSets, DaemonSets and their revisions. */

const statefulSets = 'apps/v1/statefulsets';
const daemonSets = 'apps/v1/daemonsets';
const revisions = 'apps/v1/controllerrevisions';

const hash = (object: unknown) => at<Record<string, string>>(object, 'metadata/labels')?.['controller-revision-hash'];
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'web', image: name }] } } } });
const podsOf = async (talk: Conversation) => itemsOf(await talk.get(talk.here('pods')));
const alive = (pods: readonly Wire[]) => pods.filter((pod) => !at(pod, 'metadata/deletionTimestamp'));

async function makeStatefulSet(talk: Conversation, spec: object = {}): Promise<string> {
  const labels = { foo: 'bar', set: talk.namespace };
  await talk.create(talk.here('services'), {
    metadata: { name: 'test' },
    spec: { clusterIP: 'None', selector: labels, ports: [{ port: 80, name: 'http', protocol: 'TCP' }] },
  });
  await talk.create(talk.here(statefulSets), workload('ss', labels, { serviceName: 'test', ...spec }));
  return talk.here(statefulSets, 'ss');
}

const readySet = (replicas: number) => (set: Wire) =>
  status(set, 'readyReplicas') === replicas &&
  status(set, 'replicas') === replicas &&
  status(set, 'observedGeneration') === at(set, 'metadata/generation');

/** Sets the readiness of every pod, as a probe would. */
async function allReady(talk: Conversation, value: 'True' | 'False'): Promise<void> {
  for (const pod of await podsOf(talk))
    await talk.patch(
      talk.here('pods', `${nameOf(pod)}/status`),
      { status: { conditions: [{ type: 'Ready', status: value }] } },
      'strategic',
    );
}

const daemon = (talk: Conversation, spec: object = {}) => {
  const { spec: theirs, ...rest } = workload('ds', { 'daemonset-name': talk.namespace }, spec);
  const { replicas: _, ...others } = theirs;
  return { ...rest, spec: others };
};

const everywhere = (set: Wire) =>
  status(set, 'desiredNumberScheduled') === 2 &&
  status(set, 'numberAvailable') === 2 &&
  status(set, 'updatedNumberScheduled') === 2 &&
  status(set, 'observedGeneration') === at(set, 'metadata/generation');

conformance(
  'sets',
  {
    'StatefulSet Basic StatefulSet functionality should perform rolling updates and roll backs of template modifications':
      async (talk) => {
        const path = await makeStatefulSet(talk, { replicas: 3 });
        const first = await until(talk, path, readySet(3));
        const current = at(first, 'status/currentRevision');
        assert.equal(at(first, 'status/updateRevision'), current);
        for (const pod of await podsOf(talk)) assert.equal(hash(pod), current);
        const since = at(await talk.get(talk.here('pods')), 'metadata/resourceVersion');
        await talk.patch(path, image('web:2'), 'strategic');
        const changed = await until(talk, path, (one) => at(one, 'status/updateRevision') !== current);
        const update = at(changed, 'status/updateRevision');
        await until(talk, path, (one) => readySet(3)(one) && at(one, 'status/currentRevision') === update);
        for (const pod of await podsOf(talk))
          assert.deepEqual([hash(pod), at(pod, 'spec/containers/0/image')], [update, 'web:2']);
        const order: string[] = [];
        for await (const { type, object } of talk.watch(`${talk.here('pods')}?watch=true&resourceVersion=${since}`)) {
          if (type === 'DELETED') order.push(nameOf(object));
          if (order.length === 3) break;
        }
        assert.deepEqual(order, ['ss-2', 'ss-1', 'ss-0']);
        await talk.patch(path, image('web:1'), 'strategic');
        const back = await until(
          talk,
          path,
          (one) =>
            readySet(3)(one) &&
            at(one, 'status/currentRevision') === at(one, 'status/updateRevision') &&
            at(one, 'status/currentRevision') !== update,
        );
        assert.equal(at(back, 'status/currentRevision'), current);
      },
    'StatefulSet Basic StatefulSet functionality should perform canary updates and phased rolling updates of template modifications':
      async (talk) => {
        const path = await makeStatefulSet(talk, {
          replicas: 3,
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } },
        });
        const current = at(await until(talk, path, readySet(3)), 'status/currentRevision');
        await talk.patch(path, image('web:2'), 'strategic');
        const update = at(
          await until(talk, path, (one) => readySet(3)(one) && at(one, 'status/updateRevision') !== current),
          'status/updateRevision',
        );
        for (const pod of await podsOf(talk)) assert.equal(hash(pod), current);
        const partition = (at: number) =>
          talk.patch(path, { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: at } } } });
        const hashes = async () =>
          (await podsOf(talk))
            .map(
              (pod) =>
                `${nameOf(pod)} ${hash(pod) === update ? 'new' : hash(pod) === current ? 'old' : hash(pod)} ${at(pod, 'status/phase')}`,
            )
            .sort();
        const settled = (wanted: string) =>
          eventually(async () => ((await hashes()).join() === wanted ? true : undefined));
        await partition(2);
        await settled('ss-0 old Running,ss-1 old Running,ss-2 new Running');
        for (const pod of await podsOf(talk))
          await talk.delete(talk.here('pods', nameOf(pod)), { gracePeriodSeconds: 0 });
        await settled('ss-0 old Running,ss-1 old Running,ss-2 new Running');
        await partition(1);
        await settled('ss-0 old Running,ss-1 new Running,ss-2 new Running');
        await partition(0);
        const done = await until(talk, path, (one) => at(one, 'status/currentRevision') === update);
        assert.equal(at(done, 'status/updateRevision'), update);
      },
    'StatefulSet Basic StatefulSet functionality Scaling should happen in predictable order and halt if any stateful pod is unhealthy':
      async (talk) => {
        const path = await makeStatefulSet(talk, { replicas: 1 });
        await until(talk, path, readySet(1));
        const since = at(await talk.get(talk.here('pods')), 'metadata/resourceVersion');
        // Waits until it has observed the new size and still has the old one.
        const halts = async (replicas: number, wish: number): Promise<void> => {
          await allReady(talk, 'False');
          await until(talk, path, (one) => status(one, 'readyReplicas') === 0);
          await talk.patch(path, { spec: { replicas: wish } });
          const halted = await until(
            talk,
            path,
            (one) => status(one, 'observedGeneration') === at(one, 'metadata/generation'),
          );
          assert.equal(status(halted, 'replicas'), replicas);
          const pods = await podsOf(talk);
          assert.equal(alive(pods).length, replicas);
          await allReady(talk, 'True');
        };
        await halts(1, 3);
        await until(talk, path, readySet(3));
        await halts(3, 0);
        await until(talk, path, (one) => status(one, 'replicas') === 0);
        const order: string[] = [];
        for await (const { type, object } of talk.watch(`${talk.here('pods')}?watch=true&resourceVersion=${since}`)) {
          if (type !== 'MODIFIED') order.push(`${type} ${nameOf(object)}`);
          if (order.length === 5) break;
        }
        assert.deepEqual(order, ['ADDED ss-1', 'ADDED ss-2', 'DELETED ss-2', 'DELETED ss-1', 'DELETED ss-0']);
      },
    'StatefulSet Basic StatefulSet functionality should have a working scale subresource': async (talk) => {
      await scales(talk, await makeStatefulSet(talk));
    },
    'StatefulSet Basic StatefulSet functionality should validate Statefulset Status endpoints': async (talk) => {
      const path = await makeStatefulSet(talk);
      await until(talk, path, readySet(1));
      await hasStatus(talk, path);
    },
    'StatefulSet Basic StatefulSet functionality should list, patch and delete a collection of StatefulSets': async (
      talk,
    ) => {
      const path = await makeStatefulSet(talk);
      await until(talk, path, readySet(1));
      // The misspelt field is dropped with a warning.
      const spec = { TerminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: 'pause:1' }] };
      await talk.patch(
        path,
        { metadata: { labels: { 'test-ss': talk.namespace } }, spec: { replicas: 2, template: { spec } } },
        'strategic',
      );
      const set = await until(talk, path, readySet(2));
      assert.equal(at(set, 'spec/template/spec/containers/0/image'), 'pause:1');
      const all = `/apis/${statefulSets}?labelSelector=test-ss%3D${talk.namespace}`;
      assert.equal(itemsOf(await talk.get(all)).length, 1);
      await talk.delete(`${talk.here(statefulSets)}?labelSelector=test-ss%3D${talk.namespace}`, {
        gracePeriodSeconds: 1,
      });
      assert.equal(itemsOf(await talk.get(all)).length, 0);
    },
    'Daemon set should run and stop simple daemon': async (talk) => {
      await talk.create(talk.here(daemonSets), daemon(talk));
      await until(talk, talk.here(daemonSets, 'ds'), everywhere);
      const [pod] = await podsOf(talk);
      await talk.delete(talk.here('pods', nameOf(pod)), { gracePeriodSeconds: 0 });
      await eventually(async () => {
        const pods = alive(await podsOf(talk));
        return (
          (pods.length === 2 &&
            pods.every((one) => at(one, 'status/phase') === 'Running' && nameOf(one) !== nameOf(pod))) ||
          undefined
        );
      });
    },
    'Daemon set should run and stop complex daemon': async (talk) => {
      const key = `color-${talk.namespace}`;
      const node = '/api/v1/nodes/node-1';
      const color = (value: string) => talk.patch(node, { metadata: { labels: { [key]: value } } });
      const spec = daemon(talk).spec;
      const selected = {
        ...spec,
        template: { ...spec.template, spec: { ...spec.template.spec, nodeSelector: { [key]: 'blue' } } },
      };
      await talk.create(talk.here(daemonSets), { ...daemon(talk), spec: selected });
      const path = talk.here(daemonSets, 'ds');
      await until(
        talk,
        path,
        (one) => status(one, 'observedGeneration') === 1 && status(one, 'desiredNumberScheduled') === 0,
      );
      await color('blue');
      await until(talk, path, (one) => status(one, 'numberAvailable') === 1);
      await color('green');
      await eventually(async () => (await podsOf(talk)).length === 0 || undefined);
      await talk.patch(
        path,
        {
          spec: { template: { spec: { nodeSelector: { [key]: 'green' } } }, updateStrategy: { type: 'RollingUpdate' } },
        },
        'strategic',
      );
      await until(
        talk,
        path,
        (one) =>
          status(one, 'numberAvailable') === 1 && status(one, 'observedGeneration') === at(one, 'metadata/generation'),
      );
      assert.equal(at((await podsOf(talk))[0], 'spec/nodeName'), 'node-1');
    },
    'Daemon set should retry creating failed daemon pods': async (talk) => {
      await talk.create(talk.here(daemonSets), daemon(talk));
      await until(talk, talk.here(daemonSets, 'ds'), everywhere);
      const [pod] = await podsOf(talk);
      const { resourceVersion: _, ...metadata } = at<Wire>(pod, 'metadata') as Wire;
      await talk.replace(talk.here('pods', `${nameOf(pod)}/status`), {
        ...pod,
        metadata,
        status: { ...(at<Wire>(pod, 'status') as Wire), phase: 'Failed' },
      });
      await eventually(async () => {
        const pods = await podsOf(talk);
        return (
          (pods.length === 2 &&
            pods.every(
              (one) => at(one, 'metadata/uid') !== at(pod, 'metadata/uid') && at(one, 'status/phase') === 'Running',
            )) ||
          undefined
        );
      });
    },
    'Daemon set should update pod when spec was updated and update strategy is RollingUpdate': async (talk) => {
      const path = talk.here(daemonSets, 'ds');
      await talk.create(talk.here(daemonSets), daemon(talk, { updateStrategy: { type: 'RollingUpdate' } }));
      await until(talk, path, everywhere);
      const history = async (count: number) => {
        const found = await eventually(async () => {
          const list = itemsOf(
            await talk.get(`${talk.here(revisions)}?labelSelector=daemonset-name%3D${talk.namespace}`),
          );
          return list.length === count ? list : undefined;
        });
        return found.toSorted((a, b) => Number(a.revision) - Number(b.revision)).at(-1);
      };
      const first = await history(1);
      assert.equal(first?.revision, 1);
      for (const pod of await podsOf(talk)) assert.equal(hash(pod), hash(first));
      await talk.patch(path, image('web:2'), 'strategic');
      await until(talk, path, everywhere);
      const second = await history(2);
      assert.equal(second?.revision, 2);
      for (const pod of alive(await podsOf(talk)))
        assert.deepEqual([hash(pod), at(pod, 'spec/containers/0/image')], [hash(second), 'web:2']);
    },
    'Daemon set should rollback without unnecessary restarts': async (talk) => {
      const path = talk.here(daemonSets, 'ds');
      await talk.create(talk.here(daemonSets), daemon(talk, { updateStrategy: { type: 'RollingUpdate' } }));
      await until(talk, path, everywhere);
      await talk.patch(path, image('unready:1'), 'strategic');
      const old = await eventually(async () => {
        const pods = alive(await podsOf(talk));
        const kept = pods.filter((pod) => at(pod, 'spec/containers/0/image') === 'web:1');
        return kept.length === 1 && pods.length === 2 ? kept[0] : undefined;
      });
      await talk.patch(path, image('web:1'), 'strategic');
      await until(talk, path, everywhere);
      const uids = (await podsOf(talk)).map((pod) => at(pod, 'metadata/uid'));
      assert.ok(uids.includes(at(old, 'metadata/uid')), 'the pod that was right has been restarted');
    },
    'Daemon set should list and delete a collection of DaemonSets': (talk) =>
      collects(talk, daemonSets, (name) => {
        const labels = { name, collect: talk.namespace };
        const { replicas: _, ...spec } = workload(name, labels).spec;
        return { ...workload(name, labels), spec };
      }),
    'Daemon set should verify changes to a daemon set status': async (talk) => {
      await talk.create(talk.here(daemonSets), daemon(talk));
      await until(talk, talk.here(daemonSets, 'ds'), everywhere);
      await hasStatus(talk, talk.here(daemonSets, 'ds'));
    },
    'ControllerRevision should manage the lifecycle of a ControllerRevision': async (talk) => {
      const selector = `labelSelector=daemonset-name%3D${talk.namespace}`;
      const list = async () => itemsOf(await talk.get(`/apis/${revisions}?${selector}`));
      const count = (wanted: number) => eventually(async () => ((await list()).length === wanted ? true : undefined));
      await talk.create(talk.here(daemonSets), daemon(talk));
      const set = await until(talk, talk.here(daemonSets, 'ds'), everywhere);
      const [first, ...others] = await list();
      assert.ok(first && others.length === 0);
      assert.equal(at(first, 'metadata/ownerReferences/0/uid'), at(set, 'metadata/uid'));
      const patched = await talk.patch(
        talk.here(revisions, nameOf(first)),
        { metadata: { labels: { [nameOf(first)]: 'patched' } } },
        'strategic',
      );
      assert.equal(at<Record<string, string>>(patched, 'metadata/labels')?.[nameOf(first)], 'patched');
      const owner = {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        name: 'ds',
        uid: at(set, 'metadata/uid'),
        controller: true,
        blockOwnerDeletion: true,
      };
      await talk.create(talk.here(revisions), {
        metadata: {
          name: 'ds-other',
          labels: { 'daemonset-name': talk.namespace, 'controller-revision-hash': '123456' },
          annotations: at(set, 'metadata/annotations'),
          ownerReferences: [owner],
        },
        data: first.data,
        revision: Number(first.revision) + 1,
      });
      await count(2);
      await talk.delete(talk.here(revisions, nameOf(first)));
      await count(1);
      const [rest] = await list();
      const name = nameOf(rest);
      await talk.patch(talk.here(revisions, name), { metadata: { labels: { [name]: 'updated' } } });
      // The unknown field is in upstream's test.
      await talk.patch(
        talk.here(daemonSets, 'ds'),
        {
          spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } },
          updateStrategy: { type: 'RollingUpdate' },
        },
        'strategic',
      );
      await count(2);
      await talk.delete(`${talk.here(revisions)}?labelSelector=${name}%3Dupdated`);
      await count(1);
      assert.equal((await list())[0]?.revision, 3);
    },
  },
  { becomesReady: (pod) => !pod.spec?.containers[0]?.image?.startsWith('unready') },
);
