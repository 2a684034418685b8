import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobs } from '@typernetes/api/batch/v1';
import { pods, type ServiceAccount, serviceaccounts } from '@typernetes/api/core/v1';
import { createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { startControlPlane } from 'typernetes';
import { eventually } from './api.ts';
import { assertSame, bothKubectls, withoutAges } from './kubectl-beside-upstream.ts';

const objects = join(import.meta.dirname, 'describe', 'objects.yaml');

test('every kind is described as by upstream', async () => {
  await using plane = await startControlPlane({ nodes: 2 });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const applied = await both.upstream('apply', '--server-side', '-f', objects);
  assert.equal(applied.code, 0, applied.err);
  const request = await createSigningRequest(privateKeyPem(await newPrivateKey()), {
    commonName: 'jane',
    organizations: ['one', 'two'],
    dnsNames: ['a.example', 'b.example'],
    ipAddresses: ['192.0.2.1', '2001:db8::1'],
  });
  const manifest = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 86_400,
    },
  };
  using typing = bothKubectls({ KUBECONFIG: plane.kubeconfigFile }, { input: JSON.stringify(manifest) });
  assert.equal((await typing.upstream('apply', '--server-side', '-f', '-')).code, 0);
  await settled(plane);
  const namespaced =
    'deployments,statefulsets,daemonsets,replicationcontrollers,replicasets,jobs,cronjobs,hpa,pdb,services,ingresses,networkpolicies,pvc,quota,limits,serviceaccounts,roles,rolebindings,endpoints,endpointslices,controllerrevisions,leases,secrets,configmaps';
  const clusterScoped =
    'ingressclasses,storageclasses,volumeattributesclasses,csinodes,pv,priorityclasses,crd,namespaces,clusterrolebindings,csr,servicecidrs,ipaddresses,clusterroles';
  for (const line of [
    `describe -n shop ${namespaced}`,
    `describe ${clusterScoped}`,
    'describe nodes',
    'describe pods -A',
    'describe pods -A --show-events=false',
    'describe pod we -n shop',
    'describe pods -l app=web -n shop',
    'describe pods -l app=nothing -A',
    'describe pod/lone configmap/settings -n shop',
    'describe pod nothing -n shop',
    'describe pods lone nothing -n shop',
    'describe pod/lone -A',
    'describe nothing',
    'describe',
    `describe --show-events=false -f ${objects}`,
  ]) {
    await assertSame(both, line, (text) => withoutAges(text).replace(renewal, '$1 RENEWED'));
  }
});

/** A node's lease may be renewed, and its status updated, between one kubectl and the other. */
const renewal = /^( *(?:RenewTime:|\w+Pressure \w+|Ready \w+)) \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000/gm;

/** Waits until the hollow nodes have brought every pod to its final state. */
async function settled({ client }: Awaited<ReturnType<typeof startControlPlane>>): Promise<void> {
  await eventually(async () => {
    const { items } = await client.resource(pods).list({ namespace: 'shop' });
    const job = await client.resource(jobs).get({ namespace: 'shop', name: 'once' });
    const running = items.filter(({ status }) => status?.phase === 'Running');
    // The standalone one and the replication controller's; the others need nodes or volumes that do not exist.
    return (job.status?.succeeded === 2 && running.length === 2) || undefined;
  });
}

/** Fields written by a kubelet, a scheduler or a driver, or omitted by others. */
const seldom = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'bare' },
      status: { capacity: { cpu: '4', memory: '1Gi', 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi', pods: '10' } },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'computes', namespace: 'default' },
      spec: {
        nodeName: 'bare',
        containers: [{ name: 'c', image: 'x', resources: { limits: { 'example.com/gpu': '1', cpu: '1' } } }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'grows', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'default' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    },
  ],
};
const about = { kind: 'Node', name: 'bare' };
const early = '2024-03-04T01:06:07Z';
const late = '2024-03-04T05:06:07Z';
const precise = '2024-03-04T03:06:07.123456Z';
const eventsOfBare = [
  // An event of the kubelet, which uses a node's name as its uid.
  { involvedObject: { ...about, uid: 'bare' }, count: 3, firstTimestamp: early, lastTimestamp: late, reason: 'Three' },
  { involvedObject: { ...about, uid: 'bare' }, count: 1, firstTimestamp: early, lastTimestamp: late, reason: 'Once' },
  // An event in the newer form.
  { involvedObject: { ...about, uid: 'UID' }, eventTime: precise, reason: 'New' },
  {
    involvedObject: { ...about, uid: 'UID' },
    eventTime: precise,
    series: { count: 4, lastObservedTime: '2024-03-04T04:06:07.123456Z' },
    reason: 'Series',
  },
  // An event about an earlier node of this name.
  {
    involvedObject: { ...about, uid: 'former' },
    count: 1,
    firstTimestamp: early,
    lastTimestamp: late,
    reason: 'Former',
  },
].map((event, i) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `e${i}`, namespace: 'default' },
  type: 'Normal',
  message: event.reason,
  action: 'Testing',
  reportingComponent: 'test',
  reportingInstance: 'test-1',
  ...event,
}));

test('devices of a node, its events in all forms, and missing fields are described as by upstream', async () => {
  await using plane = await startControlPlane({ controllers: [] });
  const created = async (object: object): Promise<void> => {
    using typing = bothKubectls({ KUBECONFIG: plane.kubeconfigFile }, { input: JSON.stringify(object) });
    const { code, err } = await typing.upstream('create', '-f', '-', '--validate=false');
    assert.equal(code, 0, err);
  };
  await plane.client
    .resource(serviceaccounts)
    .create({ metadata: { name: 'default', namespace: 'default' } } as ServiceAccount);
  await created(seldom);
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const patched = async (...line: string[]): Promise<void> => {
    const { code, err } = await both.upstream('patch', ...line, '--type=merge', '--subresource=status');
    assert.equal(code, 0, err);
  };
  await patched('node', 'bare', '-p', JSON.stringify({ status: { capacity: seldom.items[0]?.status?.capacity } }));
  const conditions = [
    { type: 'FileSystemResizePending', status: 'True', lastProbeTime: null, lastTransitionTime: late },
  ];
  await patched('pvc', 'grows', '-p', JSON.stringify({ status: { conditions } }));
  const { out: uid } = await both.upstream('get', 'node', 'bare', '-o', 'jsonpath={.metadata.uid}');
  await created({
    apiVersion: 'v1',
    kind: 'List',
    items: JSON.parse(JSON.stringify(eventsOfBare).replaceAll('"UID"', JSON.stringify(uid))),
  });
  for (const line of [
    'describe node bare',
    'describe pod computes',
    'describe pvc grows',
    'describe hpa.v1.autoscaling web',
    'events',
  ])
    await assertSame(both, line, withoutAges);
  assert.match((await both.ours('describe', 'node', 'bare')).out, /^ {2}example.com\/gpu +1 +1$/m);
});
