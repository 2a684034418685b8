import assert from 'node:assert/strict';
import { systemClock } from '@typernetes/base';
import { createSigningRequest, newPrivateKey, privateKeyPem, selfSignedServing } from '@typernetes/pki';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, type Wire } from './conversation.ts';
import { supportsOperations } from './operations.ts';
import { condition, until } from './workload.ts';

/** Service accounts and reviews, signing requests, events, and the objects of storage. */

interface Life {
  readonly path: string;
  readonly object: (name: string) => object;
}

/** Creates, finds by label, patches, updates and deletes an object; creates it again and deletes the collection. */
async function lives(talk: Conversation, { path, object }: Life): Promise<void> {
  const name = `e2e-${talk.namespace}`;
  const one = `${path}/${name}`;
  const made = await talk.create(path, object(name));
  await talk.refused(409, 'POST', path, object(name));
  assert.equal(at(await talk.get(one), 'metadata/uid'), at(made, 'metadata/uid'));
  const patched = await talk.patch(one, { metadata: { labels: { [name]: 'patched' } } }, 'strategic');
  assert.equal(at<Record<string, string>>(patched, 'metadata/labels')?.[name], 'patched');
  assert.equal(itemsOf(await talk.get(`${path}?labelSelector=${name}%3Dpatched`)).length, 1);
  await talk.delete(one);
  await gone(talk, one);
  await talk.create(path, object(name));
  await eventually(async () => {
    const found = await talk.get(one);
    const answer = await talk.send('PUT', one, {
      ...found,
      metadata: { ...(found.metadata as Wire), labels: { ...at<Wire>(found, 'metadata/labels'), [name]: 'updated' } },
    });
    const text = Buffer.concat(await Array.fromAsync(answer.body)).toString();
    if (answer.status === 409) return undefined;
    assert.equal(answer.status, 200, text);
    return true;
  });
  await talk.delete(`${path}?labelSelector=${name}%3Dupdated`);
  await gone(talk, one);
}

const gone = (talk: Conversation, path: string) =>
  eventually(async () => {
    const answer = await talk.send('GET', path);
    for await (const _ of answer.body);
    return answer.status === 404 || undefined;
  });

const storage = '/apis/storage.k8s.io/v1';
const event = (name: string, labels: object = {}) => ({
  metadata: { name, labels },
  involvedObject: { kind: 'Pod', namespace: '' },
  message: 'This is a test event',
  reason: 'Test',
  type: 'Normal',
  count: 1,
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
});
const volume = (name: string) => ({
  metadata: { name, labels: { pv: name } },
  spec: {
    capacity: { storage: '2Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: `class-${name}`,
    csi: { driver: 'e2e.example.com', volumeHandle: 'e2e-conformance' },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['e2e-none'] }] }],
      },
    },
  },
  status: {},
});
const claim = (name: string) => ({
  metadata: { name, labels: { pvc: name } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: `class-${name}`,
  },
  status: {},
});

/** Takes the request through approval and status, as an approver and a signer write them. */
async function isSigned(talk: Conversation, one: string, signerName: string): Promise<void> {
  const selected = `${one.slice(0, one.lastIndexOf('/'))}?fieldSelector=spec.signerName%3D${encodeURIComponent(signerName)}`;
  assert.deepEqual(
    itemsOf(await talk.get(selected)).map((each) => at(each, 'spec/expirationSeconds')),
    [3600, 3600, 3600],
  );
  const custom = { type: 'ApprovalPatch', status: 'True', reason: 'e2e' };
  const patched = await talk.patch(`${one}/approval`, {
    metadata: { annotations: { patchedapproval: 'true' } },
    status: { conditions: [custom] },
  });
  assert.deepEqual(
    [condition(patched, 'ApprovalPatch')?.reason, at(patched, 'metadata/annotations/patchedapproval')],
    ['e2e', 'true'],
  );
  const withCondition = (object: Wire, type: string): Wire => ({
    ...object,
    status: {
      ...(object.status as Wire),
      conditions: [
        ...(at<Wire[]>(object, 'status/conditions') ?? []),
        { type, status: 'True', reason: 'E2E', message: 'Set from an e2e test' },
      ],
    },
  });
  const approved = await talk.replace(`${one}/approval`, withCondition(patched, 'Approved'));
  assert.equal(at(approved, 'status/conditions/1/type'), 'Approved');
  const certificate = Buffer.from((await selfSignedServing('e2e.example.com', systemClock.now())).certificate).toString(
    'base64',
  );
  const signed = await talk.patch(`${one}/status`, {
    metadata: { annotations: { patchedstatus: 'true' } },
    status: { certificate },
  });
  assert.deepEqual(
    [at(signed, 'status/certificate'), at(signed, 'metadata/annotations/patchedstatus')],
    [certificate, 'true'],
  );
  const updated = await talk.replace(`${one}/status`, withCondition(signed, 'StatusUpdate'));
  const types = at<Wire[]>(updated, 'status/conditions')?.map(({ type }) => type);
  assert.deepEqual(types, ['ApprovalPatch', 'Approved', 'StatusUpdate']);
}

conformance('auth, events, storage', {
  'ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace': async (talk) => {
    const path = talk.here('configmaps', 'kube-root-ca.crt');
    const first = await eventually(
      async () => (await talk.get(talk.here('configmaps'))) && itemsOf(await talk.get(talk.here('configmaps')))[0],
    );
    await talk.delete(path);
    await eventually(async () => {
      const a = await talk.send('GET', path);
      const text = Buffer.concat(await Array.fromAsync(a.body)).toString();
      return a.status === 200 && at(JSON.parse(text), 'metadata/uid') !== at(first, 'metadata/uid') ? true : undefined;
    });
    await talk.patch(path, { data: { 'ca.crt': '' } });
    await until(talk, path, (one) => at<Record<string, string>>(one, 'data')?.['ca.crt'] !== '');
  },
  'ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview': async (talk) => {
    await talk.create(talk.here('serviceaccounts'), {
      metadata: { name: 'a', labels: { static: talk.namespace } },
      automountServiceAccountToken: false,
    });
    const token = await talk.create(talk.here('serviceaccounts', 'a/token'), {
      spec: { audiences: null, expirationSeconds: null, boundObjectRef: null },
      metadata: { creationTimestamp: null },
      status: { token: '', expirationTimestamp: null },
    });
    const review = await talk.create('/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token: at(token, 'status/token') },
      status: { user: {} },
    });
    assert.equal(at(review, 'status/authenticated'), true);
    assert.equal(at(review, 'status/user/username'), `system:serviceaccount:${talk.namespace}:a`);
    assert.equal(at(review, 'status/error'), undefined);
    await talk.patch(talk.here('serviceaccounts', 'a'), { automountServiceAccountToken: true }, 'strategic');
    const found = await talk.get(talk.here('serviceaccounts', 'a'));
    const updated = await talk.replace(talk.here('serviceaccounts', 'a'), {
      ...found,
      automountServiceAccountToken: false,
    });
    assert.equal(updated.automountServiceAccountToken, false);
    await talk.delete(`${talk.here('serviceaccounts')}?labelSelector=static%3D${talk.namespace}`);
    await gone(talk, talk.here('serviceaccounts', 'a'));
  },
  'SubjectReview should support SubjectReview API operations': async (talk) => {
    const made = await talk.create(talk.here('serviceaccounts'), { metadata: { name: 'e2e' } });
    const user = `system:serviceaccount:${talk.namespace}:e2e`;
    const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${talk.namespace}`];
    const spec = {
      user,
      groups,
      uid: at(made, 'metadata/uid'),
      resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: talk.namespace, version: 'v1' },
    };
    const review = await talk.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      metadata: { creationTimestamp: null },
      spec,
      status: { allowed: false },
    });
    assert.equal(at(review, 'status/allowed'), false);
    const headers = {
      'impersonate-user': user,
      'impersonate-uid': String(spec.uid),
      'impersonate-group': groups[0] as string,
    };
    await talk.refused(403, 'GET', talk.here('configmaps'), undefined, { headers });
    const local = await talk.create(talk.here('authorization.k8s.io/v1/localsubjectaccessreviews'), {
      metadata: { namespace: talk.namespace, creationTimestamp: null },
      spec: { ...spec, user: 'e2e' },
      status: { allowed: false },
    });
    assert.equal(at(local, 'status/allowed'), false);
  },
  'Certificates API should support CSR API operations': async (talk) => {
    const signerName = `example.com/e2e-${talk.namespace}`;
    const request = Buffer.from(
      await createSigningRequest(privateKeyPem(await newPrivateKey()), {
        commonName: 'e2e.example.com',
        dnsNames: ['e2e.example.com'],
      } as never),
    ).toString('base64');
    const spec = {
      request,
      signerName,
      expirationSeconds: 3600,
      usages: ['digital signature', 'key encipherment', 'server auth'],
    };
    await supportsOperations(talk, {
      resource: 'certificates.k8s.io/v1/certificatesigningrequests',
      below: ['approval', 'status'],
      object: () => ({ spec, status: {} }),
      more: (one) => isSigned(talk, one, signerName),
    });
  },
  'Events should manage the lifecycle of an event': async (talk) => {
    const path = talk.here('events');
    const base = event('test-event', { constant: talk.namespace });
    await talk.create(path, { ...base, involvedObject: { namespace: talk.namespace } });
    assert.equal(itemsOf(await talk.get(`/api/v1/events?labelSelector=constant%3D${talk.namespace}`)).length, 1);
    await talk.patch(`${path}/test-event`, { message: 'This is a test event - patched' }, 'strategic');
    const found = await talk.get(`${path}/test-event`);
    assert.equal(found.message, 'This is a test event - patched');
    const updated = await talk.replace(`${path}/test-event`, {
      ...found,
      series: { count: 100, lastObservedTime: '2030-01-01T00:00:00.000000Z' },
    });
    assert.deepEqual(updated.series, { count: 100, lastObservedTime: '2030-01-01T00:00:00.000000Z' });
    await talk.delete(`${path}/test-event`);
    for (const name of ['a', 'b', 'c'])
      await talk.create(path, {
        ...event(name, { set: talk.namespace }),
        involvedObject: { namespace: talk.namespace },
      });
    await talk.delete(`${path}?labelSelector=set%3D${talk.namespace}`);
    assert.equal(itemsOf(await talk.get(`${path}?labelSelector=set%3D${talk.namespace}`)).length, 0);
  },
  'Events API should ensure that an event can be fetched, patched, deleted, and listed': async (talk) => {
    const path = talk.here('events.k8s.io/v1/events');
    const object = (name: string) => ({
      metadata: { name, labels: { set: talk.namespace } },
      eventTime: '2017-09-19T13:49:16.000000Z',
      note: 'This is a test',
      reason: 'Test',
      action: 'Do',
      type: 'Normal',
      regarding: { kind: 'Pod', namespace: talk.namespace },
      reportingController: 'test-controller',
      reportingInstance: 'test-node',
    });
    await talk.create(path, object('test'));
    assert.equal(itemsOf(await talk.get(`${path}?fieldSelector=reportingController%3Dtest-controller`)).length, 1);
    assert.equal(
      itemsOf(await talk.get(`/apis/events.k8s.io/v1/events?labelSelector=set%3D${talk.namespace}`)).length,
      1,
    );
    const patched = await talk.patch(
      `${path}/test`,
      { series: { count: 2, lastObservedTime: '2030-01-01T00:00:00.000000Z' } },
      'strategic',
    );
    const updated = await talk.replace(`${path}/test`, {
      ...patched,
      series: { count: 100, lastObservedTime: '2030-01-01T00:00:00.000000Z' },
    });
    assert.equal(at(updated, 'series/count'), 100);
    await talk.create(path, object('other'));
    await talk.delete(`${path}/test`);
    await talk.delete(`${path}?labelSelector=set%3D${talk.namespace}`);
    assert.equal(itemsOf(await talk.get(path)).length, 0);
  },
  'CSIInlineVolumes should run through the lifecycle of a CSIDriver': (talk) =>
    lives(talk, {
      path: `${storage}/csidrivers`,
      object: (name) => ({ metadata: { name }, spec: { volumeLifecycleModes: ['Ephemeral'] } }),
    }),
  'CSINodes CSI Conformance should run through the lifecycle of a csinode': (talk) =>
    lives(talk, { path: `${storage}/csinodes`, object: (name) => ({ metadata: { name }, spec: { drivers: null } }) }),
  'StorageClasses CSI Conformance should run through the lifecycle of a StorageClass': (talk) =>
    lives(talk, {
      path: `${storage}/storageclasses`,
      object: (name) => ({ metadata: { name }, provisioner: 'e2e-fake-provisioner', reclaimPolicy: 'Delete' }),
    }),
  'VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass': (talk) =>
    lives(talk, {
      path: `${storage}/volumeattributesclasses`,
      object: (name) => ({ metadata: { name }, driverName: 'e2e-fake-csi-driver', parameters: { iops: '100' } }),
    }),
  'VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment': (talk) =>
    lives(talk, {
      path: `${storage}/volumeattachments`,
      object: (name) => ({
        metadata: { name },
        spec: { attacher: 'e2e.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'none' } },
        status: { attached: false },
      }),
    }),
  'CSIStorageCapacity should support CSIStorageCapacities API operations': (talk) =>
    supportsOperations(talk, {
      resource: 'storage.k8s.io/v1/csistoragecapacities',
      namespaced: true,
      object: () => ({ storageClassName: 'example', capacity: '100Gi', nodeTopology: { matchLabels: { a: 'b' } } }),
    }),
  'PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC': async (talk) => {
    await lives(talk, { path: '/api/v1/persistentvolumes', object: volume });
    await lives(talk, { path: talk.here('persistentvolumeclaims'), object: claim });
  },
  'PersistentVolumes CSI Conformance should apply changes to a pv/pvc status': async (talk) => {
    const pv = `/api/v1/persistentvolumes/pv-${talk.namespace}`;
    const pvc = talk.here('persistentvolumeclaims', 'c');
    await talk.create('/api/v1/persistentvolumes', volume(`pv-${talk.namespace}`));
    await talk.create(talk.here('persistentvolumeclaims'), claim('c'));
    await until(talk, `${pv}/status`, (one) => at(one, 'status/phase') === 'Available');
    await until(talk, `${pvc}/status`, (one) => at(one, 'status/phase') === 'Pending');
    const patchedClaim = await talk.patch(`${pvc}/status`, {
      status: {
        conditions: [
          { type: 'StatusPatched', status: 'True', reason: 'E2E patchedStatus', message: 'Set from e2e test' },
        ],
      },
    });
    assert.equal(condition(patchedClaim, 'StatusPatched')?.reason, 'E2E patchedStatus');
    const patched = await talk.patch(`${pv}/status`, {
      status: { message: 'StatusPatched', reason: 'E2E patchStatus' },
    });
    assert.equal(at(patched, 'status/reason'), 'E2E patchStatus');
    await eventually(async () => {
      const found = await talk.get(pvc);
      const answer = await talk.send('PUT', `${pvc}/status`, {
        ...found,
        status: {
          ...(found.status as Wire),
          conditions: [
            {
              type: 'StatusUpdated',
              status: 'True',
              reason: 'E2E',
              message: 'Set',
              lastProbeTime: null,
              lastTransitionTime: null,
            },
          ],
        },
      });
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    const found = await talk.get(pv);
    const updated = await talk.replace(`${pv}/status`, {
      ...found,
      status: { ...(found.status as Wire), reason: 'E2E updateStatus', message: 'StatusUpdated' },
    });
    assert.deepEqual([at(updated, 'status/reason'), at(updated, 'status/phase')], ['E2E updateStatus', 'Available']);
  },
  'VolumeAttachment Conformance should apply changes to a volumeattachment status': async (talk) => {
    const name = `e2e-${talk.namespace}`;
    const path = `${storage}/volumeattachments/${name}`;
    await talk.create(`${storage}/volumeattachments`, {
      metadata: { name },
      spec: { attacher: 'e2e.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'none' } },
      status: { attached: false },
    });
    assert.equal(at(await talk.get(`${path}/status`), 'status/attached'), false);
    const patched = await talk.patch(`${path}/status`, { status: { attached: true } });
    assert.equal(at(patched, 'status/attached'), true);
    const updated = await talk.replace(`${path}/status`, { ...patched, status: { attached: false } });
    assert.equal(at(updated, 'status/attached'), false);
    await talk.delete(path);
  },
  'CSIInlineVolumes should support CSIVolumeSource in Pod API': async (talk) => {
    const path = talk.here('pods');
    const csi = { driver: 'e2e.example.com', fsType: 'ext4', readOnly: true };
    const pod = {
      metadata: { name: 'p' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'busybox',
            volumeMounts: ['v1', 'v2'].map((name) => ({ name, mountPath: `/mnt/${name}` })),
          },
        ],
        volumes: [
          { name: 'v1', csi: { driver: 'e2e.example.com' } },
          { name: 'v2', csi },
        ],
      },
    };
    const made = await talk.create(path, pod);
    await talk.refused(409, 'POST', path, pod);
    const found = await talk.get(talk.here('pods', 'p'));
    assert.equal(at(found, 'metadata/uid'), at(made, 'metadata/uid'));
    assert.deepEqual(at<Wire[]>(found, 'spec/volumes')?.find((one) => one.name === 'v2')?.csi, csi);
    assert.equal(itemsOf(await talk.get(path)).length, 1);
    const patched = await talk.patch(talk.here('pods', 'p'), { metadata: { annotations: { patched: 'true' } } });
    assert.equal(at(patched, 'metadata/annotations/patched'), 'true');
    await talk.delete(talk.here('pods', 'p'));
    const left = itemsOf(await talk.get(path));
    assert.ok(left.every((one) => at(one, 'metadata/deletionTimestamp') !== undefined));
  },
});
