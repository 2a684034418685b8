import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { supportsOperations } from './operations.ts';
import { condition, until } from './workload.ts';

/**
 * Objects are created, found, changed and deleted: configuration, accounts, templates, classes, events, services, pods.
 */

const gone = (talk: Conversation, path: string) =>
  eventually(async () => {
    const answer = await talk.send('GET', path);
    for await (const _ of answer.body);
    return answer.status === 404 || undefined;
  });

const pod = (name: string, spec: object = {}, labels: object = {}) => ({
  metadata: { name, creationTimestamp: null, labels },
  spec: { containers: [{ name: 'c', image: 'pause', resources: {} }], terminationGracePeriodSeconds: 0, ...spec },
  status: {},
});
const running = (one: Wire): boolean => at(one, 'status/phase') === 'Running';

async function immutable(talk: Conversation, resource: string): Promise<void> {
  const path = talk.here(resource, 'immutable');
  await talk.create(talk.here(resource), { metadata: { name: 'immutable' }, data: { 'data-1': 'dmFsdWUtMQ==' } });
  await talk.patch(path, { data: { 'data-1': 'dmFsdWUtMg==' } });
  await talk.patch(path, { immutable: true });
  const merge = { type: 'application/merge-patch+json' };
  await talk.refused(422, 'PATCH', path, { immutable: false }, merge);
  await talk.refused(422, 'PATCH', path, { data: { 'data-3': 'dmFsdWUtMw==' } }, merge);
  await talk.patch(path, { metadata: { labels: { still: 'mutable' } } });
  await talk.delete(path);
}

const runtimeClass = (name: string, more: object = {}) => ({
  metadata: { name, labels: { class: name } },
  handler: 'hollow',
  ...more,
});
const classes = '/apis/node.k8s.io/v1/runtimeclasses';

conformance('lifecycles', {
  'ConfigMap should run through a ConfigMap lifecycle': async (talk) => {
    const path = talk.here('configmaps', 'life');
    const labels = { 'test-configmap-static': talk.namespace };
    const made = await talk.create(talk.here('configmaps'), {
      metadata: { name: 'life', labels },
      data: { valueName: 'value' },
    });
    const watch = `${talk.here('configmaps')}?watch=true&resourceVersion=${at(made, 'metadata/resourceVersion')}&labelSelector=test-configmap-static%3D${talk.namespace}`;
    await talk.patch(
      path,
      { metadata: { labels: { 'test-configmap': 'patched' } }, data: { valueName: 'value1' } },
      'strategic',
    );
    await talk.seen(watch, ({ type, object }) => type === 'MODIFIED' && at(object, 'data/valueName') === 'value1');
    const all = itemsOf(await talk.get(`/api/v1/configmaps?labelSelector=test-configmap-static%3D${talk.namespace}`));
    assert.deepEqual(
      all.map((one) => [nameOf(one), at(one, 'data/valueName')]),
      [['life', 'value1']],
    );
    await talk.delete(`${talk.here('configmaps')}?labelSelector=test-configmap-static%3D${talk.namespace}`);
    await talk.seen(watch, ({ type }) => type === 'DELETED');
    const left = await talk.get(`${talk.here('configmaps')}?labelSelector=test-configmap-static%3D${talk.namespace}`);
    assert.equal(itemsOf(left).length, 0);
  },
  'ConfigMap should be immutable if `immutable` field is set': (talk) => immutable(talk, 'configmaps'),
  'Secrets should be immutable if `immutable` field is set': (talk) => immutable(talk, 'secrets'),
  'Secrets should fail to create secret due to empty secret key': async (talk) => {
    const refusal = await talk.refused(422, 'POST', talk.here('secrets'), {
      metadata: { name: 'empty-key' },
      data: { '': 'dmFsdWUtMQ==' },
    });
    assert.match(String(refusal.message), /^Secret "empty-key" is invalid: data\[\]: Invalid value: ""/);
  },
  'Secrets should patch a secret': async (talk) => {
    await talk.create(talk.here('secrets'), {
      metadata: { name: 's', labels: { testsecret: 'true' } },
      data: { key: 'dmFsdWU=' },
      type: 'Opaque',
    });
    const listed = itemsOf(await talk.get('/api/v1/secrets?labelSelector=testsecret%3Dtrue'));
    assert.equal(listed.length, 1);
    await talk.patch(
      talk.here('secrets', 's'),
      { metadata: { labels: { testsecret: 'false' } }, data: { key: 'dmFsdWUx' } },
      'strategic',
    );
    const found = await talk.get(talk.here('secrets', 's'));
    assert.deepEqual([at(found, 'data/key'), at(found, 'metadata/labels/testsecret')], ['dmFsdWUx', 'false']);
    await talk.delete(`${talk.here('secrets')}?labelSelector=testsecret%3Dfalse`);
    assert.equal(itemsOf(await talk.get('/api/v1/secrets?labelSelector=testsecret%3Dfalse')).length, 0);
  },
  'PodTemplates should delete a collection of pod templates': async (talk) => {
    for (const name of ['one', 'two', 'three'])
      await talk.create(talk.here('podtemplates'), {
        metadata: { name, labels: { 'podtemplate-set': 'true' } },
        template: { spec: { containers: [{ name: 'token-test', image: 'agnhost' }] } },
      });
    const path = `${talk.here('podtemplates')}?labelSelector=podtemplate-set%3Dtrue`;
    assert.equal(itemsOf(await talk.get(path)).length, 3);
    await talk.delete(path);
    assert.equal(itemsOf(await talk.get(path)).length, 0);
  },
  'PodTemplates should replace a pod template': async (talk) => {
    const path = talk.here('podtemplates', 't');
    const made = await talk.create(talk.here('podtemplates'), {
      metadata: { name: 't' },
      template: { spec: { containers: [{ name: 'c', image: 'agnhost' }] } },
    });
    const replaced = await talk.replace(path, {
      ...made,
      metadata: { ...(made.metadata as Wire), annotations: { updated: 'true' } },
    });
    assert.equal(at(replaced, 'metadata/annotations/updated'), 'true');
  },
  'RuntimeClass should support RuntimeClasses API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'node.k8s.io/v1/runtimeclasses',
      object: (i) => runtimeClass(`${talk.namespace}-${i}`),
    }),
  'RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead': async (talk) => {
    const runtimeClassName = `${talk.namespace}-plain`;
    await talk.create(classes, runtimeClass(runtimeClassName));
    const made = await talk.create(talk.here('pods'), pod('p', { runtimeClassName }));
    assert.equal(at(made, 'spec/overhead'), undefined);
    await until(talk, talk.here('pods', 'p'), (one) => condition(one, 'PodScheduled')?.status === 'True');
  },
  'RuntimeClass should reject a Pod requesting a deleted RuntimeClass': async (talk) => {
    const runtimeClassName = `${talk.namespace}-deleted`;
    await talk.create(classes, runtimeClass(runtimeClassName));
    await talk.delete(`${classes}/${runtimeClassName}`);
    const refusal = await talk.refused(403, 'POST', talk.here('pods'), pod('p', { runtimeClassName }));
    assert.match(String(refusal.message), /RuntimeClass "\S+-deleted" not found/);
  },
  'ServiceAccounts should run through the lifecycle of a ServiceAccount': async (talk) => {
    const path = talk.here('serviceaccounts', 'life');
    const selector = 'labelSelector=test-serviceaccount-static%3Dtrue';
    const before = await talk.get(`${talk.here('serviceaccounts')}?${selector}`);
    const watch = `${talk.here('serviceaccounts')}?watch=true&resourceVersion=${at(before, 'metadata/resourceVersion')}&${selector}`;
    await talk.create(talk.here('serviceaccounts'), {
      metadata: { name: 'life', labels: { 'test-serviceaccount-static': 'true' } },
    });
    await talk.seen(watch, ({ type }) => type === 'ADDED');
    await talk.patch(path, { automountServiceAccountToken: false }, 'strategic');
    await talk.seen(watch, ({ object }) => at(object, 'automountServiceAccountToken') === false);
    assert.equal(itemsOf(await talk.get(`/api/v1/serviceaccounts?${selector}`)).length, 1);
    await talk.delete(`${talk.here('serviceaccounts')}?${selector}`);
    await talk.seen(watch, ({ type }) => type === 'DELETED');
  },
  'ServiceAccounts should update a ServiceAccount': async (talk) => {
    await talk.create(talk.here('serviceaccounts'), { metadata: { name: 'sa' }, automountServiceAccountToken: false });
    const path = talk.here('serviceaccounts', 'sa');
    const updated = await talk.replace(path, { ...(await talk.get(path)), automountServiceAccountToken: true });
    assert.equal(updated.automountServiceAccountToken, true);
  },
  'ServiceAccounts should allow opting out of API token automount': async (talk) => {
    for (const [name, automount] of [
      ['mount', true],
      ['nomount', false],
    ] as const)
      await talk.create(talk.here('serviceaccounts'), { metadata: { name }, automountServiceAccountToken: automount });
    const mounts = async (account: string, inPod: boolean | undefined): Promise<boolean> => {
      const made = await talk.create(
        talk.here('pods'),
        pod(`${account}-${inPod}`, {
          serviceAccountName: account,
          ...(inPod === undefined ? {} : { automountServiceAccountToken: inPod }),
        }),
      );
      const paths = at<Wire[]>(made, 'spec/containers/0/volumeMounts')?.map(({ mountPath }) => mountPath) ?? [];
      return paths.includes('/var/run/secrets/kubernetes.io/serviceaccount');
    };
    const expected: readonly (readonly [account: string, inPod: boolean | undefined, mounted: boolean])[] = [
      ['default', undefined, true],
      ['mount', undefined, true],
      ['nomount', undefined, false],
      ['default', true, true],
      ['mount', true, true],
      ['nomount', true, true],
      ['default', false, false],
      ['mount', false, false],
      ['nomount', false, false],
    ];
    for (const [account, inPod, mounted] of expected)
      assert.equal(await mounts(account, inPod), mounted, `${account} ${inPod}`);
  },
  'SelfSubjectReview should support SelfSubjectReview API operations': async (talk) => {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const own = await talk.create(path, { metadata: { creationTimestamp: null }, status: { userInfo: {} } });
    assert.ok(at(own, 'status/userInfo/username'));
    const as = await talk.ask(
      'POST',
      path,
      {},
      {
        status: 201,
        headers: {
          'Impersonate-User': 'jane-doe',
          'Impersonate-Group': 'system:authenticated',
          'Impersonate-Extra-Scopes': 'development',
        },
      },
    );
    assert.equal(at(as, 'status/userInfo/username'), 'jane-doe');
    assert.deepEqual(at(as, 'status/userInfo/extra'), { scopes: ['development'] });
  },
  'Events should delete a collection of events': async (talk) => {
    for (const name of ['event-1', 'event-2', 'event-3'])
      await talk.create(talk.here('events'), {
        metadata: { name, labels: { 'testevent-set': 'true' } },
        message: `This is ${name}`,
        reason: 'Test',
        type: 'Normal',
        count: 1,
        involvedObject: { namespace: talk.namespace },
      });
    const path = `${talk.here('events')}?labelSelector=testevent-set%3Dtrue`;
    assert.equal(itemsOf(await talk.get(path)).length, 3);
    await talk.delete(path);
    assert.equal(itemsOf(await talk.get(path)).length, 0);
  },
  'Events API should delete a collection of events': async (talk) => {
    const events = talk.here('events.k8s.io/v1/events');
    for (const name of ['event-1', 'event-2', 'event-3'])
      await talk.create(events, {
        metadata: { name, labels: { 'testevent-set': 'true' } },
        note: `This is ${name}`,
        action: 'Do',
        reason: 'Test',
        type: 'Normal',
        eventTime: '2026-01-01T00:00:00.000000Z',
        regarding: { namespace: talk.namespace },
        reportingController: 'test-controller',
        reportingInstance: 'test-node',
      });
    assert.equal(itemsOf(await talk.get(`${events}?labelSelector=testevent-set%3Dtrue`)).length, 3);
    await talk.delete(`${events}?labelSelector=testevent-set%3Dtrue`);
    assert.equal(itemsOf(await talk.get(`${events}?labelSelector=testevent-set%3Dtrue`)).length, 0);
  },
  'LimitRange should list, patch and delete a LimitRange by collection': async (talk) => {
    const label = { [`e2e-${talk.namespace}`]: 'created' };
    const make = () =>
      talk.create(talk.here('limitranges'), {
        metadata: { name: 'range', labels: label },
        spec: {
          limits: [{ type: 'Container', min: { cpu: '50m' }, max: { cpu: '500m' }, default: { cpu: '500m' } }],
        },
      });
    await make();
    const selected = `labelSelector=e2e-${talk.namespace}%3D`;
    assert.equal(itemsOf(await talk.get(`/api/v1/limitranges?${selected}created`)).length, 1);
    const patched = await talk.patch(
      talk.here('limitranges', 'range'),
      {
        metadata: { labels: { [`e2e-${talk.namespace}`]: 'patched' } },
        spec: { limits: [{ type: 'Container', min: { cpu: '40m', memory: '100Mi' } }] },
      },
      'strategic',
    );
    assert.deepEqual(at(patched, 'spec/limits/0/min'), { cpu: '40m', memory: '100Mi' });
    await talk.delete(`${talk.here('limitranges')}?${selected}patched`);
    await gone(talk, talk.here('limitranges', 'range'));
  },
  'Pods should be updated': async (talk) => {
    await talk.create(talk.here('pods'), pod('p', {}, { name: 'foo', time: '1' }));
    const found = await until(talk, talk.here('pods', 'p'), running);
    assert.equal(itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=time%3D1`)).length, 1);
    await eventually(async () => {
      const now = await talk.get(talk.here('pods', 'p'));
      const answer = await talk.send('PUT', talk.here('pods', 'p'), {
        ...now,
        metadata: { ...(now.metadata as Wire), labels: { name: 'foo', time: '2' } },
      });
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    const [updated] = itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=time%3D2`));
    assert.equal(at(updated, 'metadata/uid'), at(found, 'metadata/uid'));
  },
  'Pods should be submitted and removed': async (talk) => {
    const list = await talk.get(`${talk.here('pods')}?labelSelector=time%3Dnow`);
    assert.equal(itemsOf(list).length, 0);
    const watch = `${talk.here('pods')}?watch=true&labelSelector=time%3Dnow&resourceVersion=${at(list, 'metadata/resourceVersion')}`;
    await talk.create(talk.here('pods'), pod('p', { terminationGracePeriodSeconds: 30 }, { time: 'now' }));
    await talk.seen(watch, ({ type }) => type === 'ADDED');
    await until(talk, talk.here('pods', 'p'), running);
    const { uid } = (await talk.get(talk.here('pods', 'p'))).metadata as Wire;
    await talk.delete(talk.here('pods', 'p'), { gracePeriodSeconds: 30 });
    const { object } = await talk.seen(watch, ({ type }) => type === 'DELETED');
    assert.equal(at(object, 'metadata/uid'), uid);
    assert.ok(at(object, 'metadata/deletionTimestamp'));
    assert.equal(at(object, 'spec/terminationGracePeriodSeconds'), 30);
    assert.equal(itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=time%3Dnow`)).length, 0);
  },
  'Pods should get a host IP': async (talk) => {
    await talk.create(talk.here('pods'), pod('p'));
    const found = await until(talk, talk.here('pods', 'p'), (one) => at(one, 'status/hostIP') !== undefined);
    assert.match(String(at(found, 'status/hostIP')), /^[0-9.]+$/);
  },
  'Services should provide secure master service': async (talk) => {
    const service = await talk.get('/api/v1/namespaces/default/services/kubernetes');
    assert.deepEqual(
      at<Wire[]>(service, 'spec/ports')?.map(({ name, port, protocol }) => [name, port, protocol]),
      [['https', 443, 'TCP']],
    );
  },
  'EndpointSlice should create and delete Endpoints and EndpointSlices for a Service with a selector specified': async (
    talk,
  ) => {
    await talk.create(talk.here('services'), {
      metadata: { name: 'example-empty-selector' },
      spec: { selector: { 'does-not-match': 'endpoints' }, ports: [{ name: 'example', port: 80, protocol: 'TCP' }] },
    });
    const slices = `${talk.here('discovery.k8s.io/v1/endpointslices')}?labelSelector=kubernetes.io%2Fservice-name%3Dexample-empty-selector`;
    await eventually(async () => itemsOf(await talk.get(slices)).length === 1 || undefined);
    await eventually(async () => {
      const answer = await talk.send('GET', talk.here('endpoints', 'example-empty-selector'));
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    await talk.delete(talk.here('services', 'example-empty-selector'));
    await gone(talk, talk.here('endpoints', 'example-empty-selector'));
    await eventually(async () => itemsOf(await talk.get(slices)).length === 0 || undefined);
  },
  'Services should be able to change the type from ExternalName to ClusterIP': async (talk) => {
    const path = talk.here('services', 'external');
    await talk.create(talk.here('services'), {
      metadata: { name: 'external' },
      spec: { type: 'ExternalName', externalName: 'foo.example.com' },
    });
    const found = await talk.get(path);
    assert.equal(at(found, 'spec/clusterIP'), undefined);
    const changed = await talk.replace(path, {
      ...found,
      spec: {
        ...(found.spec as Wire),
        type: 'ClusterIP',
        externalName: '',
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      },
    });
    assert.match(String(at(changed, 'spec/clusterIP')), /^\d+\.\d+\.\d+\.\d+$/);
  },
  'Services should be able to change the type from NodePort to ExternalName': async (talk) => {
    const path = talk.here('services', 'ported');
    const made = await talk.create(talk.here('services'), {
      metadata: { name: 'ported' },
      spec: { type: 'NodePort', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    });
    assert.ok(at(made, 'spec/ports/0/nodePort'));
    const found = await talk.get(path);
    const changed = await talk.replace(path, {
      ...found,
      spec: {
        ...(found.spec as Wire),
        type: 'ExternalName',
        externalName: 'foo.example.com',
        clusterIP: '',
        clusterIPs: undefined,
      },
    });
    assert.deepEqual([at(changed, 'spec/clusterIP'), at(changed, 'spec/ports/0/nodePort')], [undefined, undefined]);
  },
  'ReplicationController should release no longer matching pods': async (talk) => {
    const labels = { name: 'pod-release' };
    await talk.create(talk.here('replicationcontrollers'), {
      metadata: { name: 'rc' },
      spec: {
        replicas: 1,
        selector: labels,
        template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'pause' }] } },
      },
    });
    const first = await eventually(
      async () => itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=name%3Dpod-release`))[0],
    );
    await talk.patch(talk.here('pods', nameOf(first)), { metadata: { labels: { name: 'not-matching-name' } } });
    await until(talk, talk.here('pods', nameOf(first)), (one) => !at<Wire[]>(one, 'metadata/ownerReferences')?.length);
  },
});
