import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { collects, condition, until } from './workload.ts';

/** Pods as objects, and what they are made from. */

const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, creationTimestamp: null, ...metadata },
  spec: { containers: [{ name: 'c', image: 'agnhost', resources: {} }], ...spec },
  status: {},
});
const running = (one: Wire) => at(one, 'status/phase') === 'Running';

/** The node has observed the current spec, and writes nothing for the moment. */
const isObserved = (one: Wire) =>
  at(one, 'status/observedGeneration') === at(one, 'metadata/generation') &&
  at<Wire[]>(one, 'status/conditions')?.every(
    ({ observedGeneration }) => observedGeneration === at(one, 'metadata/generation'),
  ) === true;

const gone = (talk: Conversation, path: string) =>
  eventually(async () => {
    const answer = await talk.send('GET', path);
    for await (const _ of answer.body);
    return answer.status === 404 || undefined;
  });

conformance('pods', {
  'Pods should run through the lifecycle of Pods and PodStatus': async (talk) => {
    const path = talk.here('pods', 'p');
    await talk.create(
      talk.here('pods'),
      pod('p', { terminationGracePeriodSeconds: 1 }, { labels: { static: talk.namespace } }),
    );
    await until(talk, path, running);
    await talk.patch(
      path,
      {
        metadata: { creationTimestamp: null, labels: { step: 'patched' } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'httpd', resources: {} }] },
        status: {},
      },
      'strategic',
    );
    const found = await until(talk, `${path}/status`, isObserved);
    assert.deepEqual([at(found, 'metadata/labels/step'), at(found, 'spec/containers/0/image')], ['patched', 'httpd']);
    const off = new Set(['Ready', 'ContainersReady']);
    const conditions = at<Wire[]>(found, 'status/conditions')?.map((one) =>
      off.has(String(one.type)) ? { ...one, status: 'False' } : one,
    );
    const updated = await talk.replace(`${path}/status`, {
      ...found,
      status: { ...(found.status as Wire), conditions },
    });
    assert.deepEqual(
      [condition(updated, 'Ready')?.status, condition(updated, 'ContainersReady')?.status],
      ['False', 'False'],
    );
    await talk.delete(`${talk.here('pods')}?labelSelector=static%3D${talk.namespace}`, { gracePeriodSeconds: 1 });
    await eventually(async () => itemsOf(await talk.get(talk.here('pods'))).length === 0 || undefined);
  },
  'Pods should patch a pod status': async (talk) => {
    await talk.create(talk.here('pods'), pod('p'));
    await until(talk, talk.here('pods', 'p'), running);
    const patched = await talk.patch(
      talk.here('pods', 'p/status'),
      { metadata: { labels: { p: 'patched' } }, status: { message: 'Patched by e2e test', reason: 'E2E' } },
      'strategic',
    );
    assert.deepEqual(
      [at(patched, 'status/message'), at(patched, 'status/reason'), at(patched, 'status/phase')],
      ['Patched by e2e test', 'E2E', 'Running'],
    );
  },
  'Pods should delete a collection of pods': (talk) =>
    collects(talk, 'pods', (name) =>
      pod(name, { terminationGracePeriodSeconds: 1 }, { labels: { collect: talk.namespace } }),
    ),
  'Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update': async (
    talk,
  ) => {
    const path = talk.here('pods', 'p');
    const made = await talk.create(
      talk.here('pods'),
      pod('p', { initContainers: [{ name: 'init', image: 'busybox' }] }, { generation: 100 }),
    );
    assert.equal(at(made, 'metadata/generation'), 1);
    await until(talk, path, running);
    const steps: readonly (readonly [object, number])[] = [
      [{}, 1],
      [{ spec: { tolerations: [{ key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule' }] } }, 2],
      [{ spec: { activeDeadlineSeconds: 5000 } }, 3],
      [{ spec: { containers: [{ name: 'c', image: 'nginx' }] } }, 4],
      [{ spec: { initContainers: [{ name: 'init', image: 'pause' }] } }, 5],
      [{ metadata: { annotations: { key: 'value' } } }, 5],
      [{ metadata: { generation: 1 } }, 5],
    ];
    for (const [patch, generation] of steps)
      assert.equal(
        at(await talk.patch(path, patch, 'strategic'), 'metadata/generation'),
        generation,
        JSON.stringify(patch),
      );
  },
  'Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete': async (
    talk,
  ) => {
    await talk.create(talk.here('pods'), pod('p', {}, { finalizers: ['e2e.example.com/keep'] }));
    await until(talk, talk.here('pods', 'p'), running);
    const deleted = await talk.ask('DELETE', `${talk.here('pods', 'p')}?gracePeriodSeconds=60`, undefined, {
      status: 200,
    });
    assert.deepEqual([at(deleted, 'metadata/generation'), at(deleted, 'metadata/deletionGracePeriodSeconds')], [2, 60]);
    await talk.patch(talk.here('pods', 'p'), { metadata: { finalizers: null } });
  },
  'Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge':
    async (talk) => {
      const path = talk.here('pods', 'p');
      await talk.create(talk.here('pods'), pod('p', { activeDeadlineSeconds: 10_000 }));
      for (let i = 1; i <= 500; i++) await talk.patch(path, { spec: { activeDeadlineSeconds: 10_000 - i } });
      const seen = await until(talk, path, (one) => at(one, 'status/observedGeneration') === 501);
      assert.equal(at(seen, 'metadata/generation'), 501);
    },
  'Pods Extended (pod generation) Pod Generation pod observedGeneration field set in pod conditions': async (talk) => {
    const path = talk.here('pods', 'p');
    await talk.create(talk.here('pods'), pod('p'));
    const observed = (one: Wire): unknown[] => [
      ...new Set(at<Wire[]>(one, 'status/conditions')?.map(({ observedGeneration }) => observedGeneration)),
    ];
    assert.deepEqual(observed(await until(talk, path, running)), [1]);
    await talk.patch(path, { spec: { activeDeadlineSeconds: 100 } });
    await until(talk, path, (one) => observed(one).join() === '2');
  },
  'Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu':
    async (talk) => {
      const resources = { requests: { cpu: '100m', memory: '100Mi' }, limits: { cpu: '100m', memory: '100Mi' } };
      const made = await talk.create(
        talk.here('pods'),
        pod('p', { containers: [{ name: 'c', image: 'agnhost', resources }] }),
      );
      assert.equal(at(made, 'status/qosClass'), 'Guaranteed');
    },
  'Pods should allow activeDeadlineSeconds to be updated': async (talk) => {
    const path = talk.here('pods', 'p');
    await talk.create(talk.here('pods'), pod('p', { activeDeadlineSeconds: 30 }));
    const found = await until(talk, path, running);
    const updated = await talk.replace(path, { ...found, spec: { ...(found.spec as Wire), activeDeadlineSeconds: 5 } });
    assert.equal(at(updated, 'spec/activeDeadlineSeconds'), 5);
    const patch = { spec: { activeDeadlineSeconds: 50 } };
    const refusal = await talk.refused(422, 'PATCH', path, patch, { type: 'application/merge-patch+json' });
    assert.match(
      String(refusal.message),
      /spec\.activeDeadlineSeconds: Invalid value: 50: must be less than or equal to/,
    );
  },
  'Ephemeral Containers should update the ephemeral containers in an existing pod': async (talk) => {
    const path = talk.here('pods', 'p/ephemeralcontainers');
    await talk.create(talk.here('pods'), pod('p'));
    await until(talk, talk.here('pods', 'p'), running);
    const one = await talk.patch(
      path,
      {
        spec: {
          ephemeralContainers: [
            { name: 'debugger', image: 'busybox', command: ['/bin/sh'], stdin: true, tty: true, resources: {} },
          ],
        },
      },
      'strategic',
    );
    assert.equal(at<Wire[]>(one, 'spec/ephemeralContainers')?.length, 1);
    const seen = await until(talk, path, isObserved);
    const two = await talk.replace(path, {
      ...seen,
      spec: {
        ...(seen.spec as Wire),
        ephemeralContainers: [
          ...(at<Wire[]>(seen, 'spec/ephemeralContainers') ?? []),
          { name: 'debugger2', image: 'busybox' },
        ],
      },
    });
    assert.equal(at<Wire[]>(two, 'spec/ephemeralContainers')?.length, 2);
    assert.equal(at<Wire[]>(await talk.get(path), 'spec/ephemeralContainers')?.length, 2);
  },
  'Sysctls should reject invalid sysctls': async (talk) => {
    const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: '0' }));
    const refused = String(
      (await talk.refused(422, 'POST', talk.here('pods'), pod('p', { securityContext: { sysctls } }))).message,
    );
    assert.match(refused, /Invalid value: "foo-"/);
    assert.match(refused, /Invalid value: "bar\.\."/);
    assert.doesNotMatch(refused, /safe-and-unsafe|kernel\.shmmax/);
  },
  'RuntimeClass should reject a Pod requesting a non-existent RuntimeClass': async (talk) => {
    const refused = await talk.refused(
      403,
      'POST',
      talk.here('pods'),
      pod('p', { runtimeClassName: `${talk.namespace}-none` }),
    );
    assert.match(String(refused.message), /RuntimeClass "check-\d+-none" not found/);
  },
  'RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead': async (talk) => {
    const path = '/apis/node.k8s.io/v1/runtimeclasses';
    const name = `${talk.namespace}-class`;
    await talk.create(path, {
      metadata: { name, labels: { runtime: talk.namespace } },
      handler: 'runc',
      overhead: { podFixed: { cpu: '10m', memory: '1Mi' } },
    });
    const made = await talk.create(talk.here('pods'), pod('p', { runtimeClassName: name }));
    assert.deepEqual(at(made, 'spec/overhead'), { cpu: '10m', memory: '1Mi' });
    await until(talk, talk.here('pods', 'p'), (one) => at(one, 'spec/nodeName') !== undefined);
    const patched = await talk.patch(`${path}/${name}`, { metadata: { annotations: { patched: 'true' } } });
    assert.equal(at(patched, 'metadata/annotations/patched'), 'true');
    await talk.refused(422, 'PATCH', `${path}/${name}`, { handler: 'other' }, { type: 'application/merge-patch+json' });
    await talk.delete(`${path}?labelSelector=runtime%3D${talk.namespace}`);
    await talk.refused(403, 'POST', talk.here('pods'), pod('q', { runtimeClassName: name }));
  },
  'ConfigMap should fail to create ConfigMap with empty key': async (talk) => {
    for (const resource of ['configmaps', 'secrets']) {
      await talk.refused(422, 'POST', talk.here(resource), { metadata: { name: 'm' }, data: { '': 'dmFsdWU=' } });
      await talk.create(talk.here(resource), { metadata: { name: 'm' }, data: { a: 'dmFsdWU=' } });
      const path = talk.here(resource, 'm');
      await talk.patch(path, { data: { b: 'dmFsdWU=' } });
      const found = await talk.patch(path, { immutable: true });
      await talk.refused(422, 'PUT', path, { ...found, data: { a: 'eA==' } });
      await talk.refused(422, 'PUT', path, { ...found, immutable: undefined });
      await talk.replace(path, { ...found, metadata: { ...(found.metadata as Wire), labels: { a: 'b' } } });
      await talk.delete(path);
    }
  },
  'PodTemplates should run the lifecycle of PodTemplates': async (talk) => {
    const path = talk.here('podtemplates');
    await talk.create(path, {
      metadata: { name: 't', labels: { templates: talk.namespace } },
      template: { metadata: { creationTimestamp: null }, spec: { containers: [{ name: 'nginx', image: 'nginx' }] } },
    });
    const patched = await talk.patch(
      `${path}/t`,
      { metadata: { creationTimestamp: null, labels: { step: 'patched' } } },
      'strategic',
    );
    const replaced = await talk.replace(`${path}/t`, {
      ...patched,
      metadata: { ...(patched.metadata as Wire), annotations: { updated: 'true' } },
    });
    assert.equal(at(replaced, 'metadata/annotations/updated'), 'true');
    assert.equal(itemsOf(await talk.get(`/api/v1/podtemplates?labelSelector=templates%3D${talk.namespace}`)).length, 1);
    await talk.delete(`${path}?labelSelector=templates%3D${talk.namespace}`);
    assert.equal(itemsOf(await talk.get(path)).length, 0);
  },
  'Lease lease API should be available': async (talk) => {
    const resource = 'coordination.k8s.io/v1/leases';
    const spec = {
      holderIdentity: 'holder',
      leaseDurationSeconds: 30,
      acquireTime: '2030-01-01T00:00:00.000000Z',
      renewTime: '2030-01-01T00:00:05.000000Z',
      leaseTransitions: 0,
    };
    const made = await talk.create(talk.here(resource), { metadata: { name: 'l' }, spec });
    assert.deepEqual(made.spec, spec);
    const patched = await talk.patch(
      talk.here(resource, 'l'),
      { spec: { leaseTransitions: 2, leaseDurationSeconds: 70 } },
      'strategic',
    );
    assert.deepEqual(patched.spec, { ...spec, leaseTransitions: 2, leaseDurationSeconds: 70 });
    const other = { ...spec, holderIdentity: 'other', leaseTransitions: 1 };
    const updated = await talk.replace(talk.here(resource, 'l'), { ...patched, spec: other });
    assert.deepEqual(updated.spec, other);
    await talk.create(talk.here(resource), { metadata: { name: 'm', labels: { deletecollection: 'true' } }, spec });
    assert.equal(itemsOf(await talk.get(talk.here(resource))).length, 2);
    await talk.delete(`${talk.here(resource)}?labelSelector=deletecollection%3Dtrue`);
    assert.deepEqual(itemsOf(await talk.get(talk.here(resource))).map(nameOf), ['l']);
    await talk.delete(talk.here(resource, 'l'));
    await talk.refused(404, 'GET', talk.here(resource, 'l'));
  },
  'Node Lifecycle should run through the lifecycle of a node': async (talk) => {
    const name = `fake-${talk.namespace}`;
    const path = `/api/v1/nodes/${name}`;
    await talk.create('/api/v1/nodes', {
      metadata: { name },
      spec: { unschedulable: true },
      status: {
        phase: 'Running',
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'E2E',
            message: 'Set from e2e test',
            lastHeartbeatTime: null,
            lastTransitionTime: null,
          },
        ],
      },
    });
    await talk.patch(path, { metadata: { labels: { [name]: 'patched' } } }, 'strategic');
    assert.equal(itemsOf(await talk.get(`/api/v1/nodes?labelSelector=${name}%3Dpatched`)).length, 1);
    await eventually(async () => {
      const found = await talk.get(path);
      const answer = await talk.send('PUT', path, {
        ...found,
        metadata: { ...(found.metadata as Wire), labels: { ...at<Wire>(found, 'metadata/labels'), [name]: 'updated' } },
      });
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    await talk.delete(`/api/v1/nodes?labelSelector=${name}%3Dupdated`);
    await talk.refused(404, 'GET', path);
  },
});

// In a separate cluster: pods of other checks would be evicted as well.
conformance('taints', {
  'NoExecuteTaintManager Single Pod removing taint cancels eviction': async (talk) => {
    const key = `e2e-${talk.namespace}`;
    const node = '/api/v1/nodes/node-2';
    const spec = {
      nodeName: 'node-2',
      tolerations: [{ key, operator: 'Equal', value: 'v', effect: 'NoExecute', tolerationSeconds: 3 }],
    };
    const everyone = [{ operator: 'Exists' }];
    await talk.create(talk.here('pods'), pod('stays', spec));
    await talk.create(
      talk.here('pods'),
      pod('goes', { ...spec, tolerations: [{ ...spec.tolerations[0], tolerationSeconds: 1 }] }),
    );
    await talk.create(talk.here('pods'), pod('tolerates', { nodeName: 'node-2', tolerations: everyone }));
    for (const name of ['stays', 'goes', 'tolerates']) await until(talk, talk.here('pods', name), running);
    await talk.patch(node, { spec: { taints: [{ key, value: 'v', effect: 'NoExecute' }] } });
    await eventually(async () => {
      const a = await talk.send('GET', talk.here('pods', 'goes'));
      for await (const _ of a.body);
      return a.status === 404 || undefined;
    });
    await talk.patch(node, { spec: { taints: null } });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    for (const name of ['stays', 'tolerates'])
      assert.equal(at(await talk.get(talk.here('pods', name)), 'metadata/deletionTimestamp'), undefined);
  },
  'NoExecuteTaintManager Multiple Pods evicts pods with minTolerationSeconds': async (talk) => {
    const taint = { key: `example.com/${talk.namespace}`, value: 'evict', effect: 'NoExecute' };
    const tolerations = (tolerationSeconds: number) => [{ ...taint, operator: 'Equal', tolerationSeconds }];
    const nodeName = 'node-1';
    await talk.create(talk.here('pods'), pod('short', { nodeName, tolerations: tolerations(1) }));
    await talk.create(talk.here('pods'), pod('long', { nodeName, tolerations: tolerations(3000) }));
    for (const name of ['short', 'long']) await until(talk, talk.here('pods', name), running);
    const path = '/api/v1/nodes/node-1';
    const change = (taints: readonly object[]) =>
      eventually(async () => {
        const node = await talk.get(path);
        const answer = await talk.send('PUT', path, { ...node, spec: { ...(node.spec as Wire), taints } });
        for await (const _ of answer.body);
        return answer.status === 200 || undefined;
      });
    await change([taint]);
    try {
      await gone(talk, talk.here('pods', 'short'));
      assert.equal(at(await talk.get(talk.here('pods', 'long')), 'metadata/deletionTimestamp'), undefined);
    } finally {
      await change([]);
    }
  },
});
