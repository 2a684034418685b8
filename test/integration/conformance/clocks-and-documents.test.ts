import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { TravelClock } from '../travel-clock.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { discovered } from './operations.ts';
import { template, until, workload } from './workload.ts';

/** CronJobs, discovery documents, mutating policies, latency of endpoints. */

const cronJobs = 'batch/v1/cronjobs';
const admission = '/apis/admissionregistration.k8s.io/v1';

const clock = new TravelClock();

/** A CronJob that starts a Job every minute whose pods never end. */
const cron = (name: string, spec: object) => ({
  metadata: { name },
  spec: {
    schedule: '*/1 * * * ?',
    jobTemplate: { spec: { template: { spec: { ...template({}).spec, restartPolicy: 'OnFailure' } } } },
    ...spec,
  },
});

const activeOf = async (talk: Conversation, name: string): Promise<readonly string[]> =>
  (at<Wire[]>(await talk.get(talk.here(cronJobs, name)), 'status/active') ?? []).map(({ name }) => String(name)).sort();

const jobsOf = async (talk: Conversation, owner: string): Promise<readonly string[]> =>
  itemsOf(await talk.get(talk.here('batch/v1/jobs')))
    .filter((job) => at(job, 'metadata/ownerReferences/0/name') === owner)
    .map(nameOf);

/** Lets minutes pass, each seen by another CronJob of the namespace. */
async function minutes(talk: Conversation, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const before = (await activeOf(talk, 'control')).length;
    clock.skip(60_000);
    await eventually(async () => (await activeOf(talk, 'control')).length > before || undefined);
  }
}

async function scheduled(talk: Conversation, name: string, spec: object): Promise<void> {
  await talk.create(talk.here(cronJobs), cron('control', { concurrencyPolicy: 'Allow' }));
  await talk.create(talk.here(cronJobs), cron(name, spec));
  await minutes(talk, 1);
}

/** Creates a Deployment under a policy with this mutation. */
async function mutated(talk: Conversation, expression: string, holds: (deployment: Wire) => boolean): Promise<void> {
  const labels = { unique: talk.namespace };
  await talk.patch(`/api/v1/namespaces/${talk.namespace}`, { metadata: { labels } }, 'strategic');
  const name = `${talk.namespace}.policy.example.com`;
  const namespaceSelector = { matchLabels: labels };
  const resourceRules = [
    { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
  ];
  await talk.create(`${admission}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: { namespaceSelector, resourceRules },
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    },
  });
  await talk.create(`${admission}/mutatingadmissionpolicybindings`, {
    metadata: { name: `${talk.namespace}.binding.example.com` },
    spec: { policyName: name, matchResources: { namespaceSelector } },
  });
  await eventually(async () => {
    const path = talk.here('apps/v1/deployments');
    return holds(await talk.create(`${path}?dryRun=All`, workload('marker', { app: 'marker' }))) || undefined;
  });
  const made = await talk.create(talk.here('apps/v1/deployments'), workload('changed', { app: 'changed' }));
  assert.ok(holds(made), JSON.stringify(made));
  assert.ok(holds(await talk.get(talk.here('apps/v1/deployments', 'changed'))));
}

conformance(
  'clocks',
  {
    'CronJob should schedule multiple jobs concurrently': async (talk) => {
      await scheduled(talk, 'concurrent', { concurrencyPolicy: 'Allow' });
      await minutes(talk, 1);
      await eventually(async () => (await activeOf(talk, 'concurrent')).length >= 2 || undefined);
      assert.ok((await jobsOf(talk, 'concurrent')).length >= 2);
      await talk.delete(talk.here(cronJobs));
    },
    'CronJob should not schedule jobs when suspended': async (talk) => {
      await scheduled(talk, 'suspended', { concurrencyPolicy: 'Allow', suspend: true });
      await minutes(talk, 2);
      assert.deepEqual(await activeOf(talk, 'suspended'), []);
      assert.deepEqual(await jobsOf(talk, 'suspended'), []);
      await talk.delete(talk.here(cronJobs));
    },
    'CronJob should not schedule new jobs when ForbidConcurrent': async (talk) => {
      await scheduled(talk, 'forbid', { concurrencyPolicy: 'Forbid' });
      const first = await eventually(async () => {
        const active = await activeOf(talk, 'forbid');
        return active.length > 0 ? active : undefined;
      });
      assert.equal(first.length, 1);
      await minutes(talk, 2);
      assert.deepEqual(await activeOf(talk, 'forbid'), first);
      assert.deepEqual(await jobsOf(talk, 'forbid'), first);
      await talk.delete(talk.here(cronJobs));
    },
    'CronJob should replace jobs when ReplaceConcurrent': async (talk) => {
      await scheduled(talk, 'replace', { concurrencyPolicy: 'Replace' });
      const only = (than?: string) =>
        eventually(async () => {
          const active = await activeOf(talk, 'replace');
          return active.length === 1 && active[0] !== than ? active[0] : undefined;
        });
      const first = await only();
      await minutes(talk, 1);
      await only(first);
      await eventually(async () => !(await jobsOf(talk, 'replace')).includes(first) || undefined);
      await talk.delete(talk.here(cronJobs));
    },
  },
  { clock },
);

conformance('documents', {
  'AdmissionWebhook should include webhook resources in discovery documents': (talk) =>
    discovered(talk, 'admissionregistration.k8s.io', [
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
    ]),
  'CustomResourceDefinition resources should include custom resource definition resources in discovery documents': (
    talk,
  ) => discovered(talk, 'apiextensions.k8s.io', ['customresourcedefinitions']),
  'AggregatedDiscovery should support raw aggregated discovery request for CRDs': async (talk) => {
    const group = `${talk.namespace}.example.com`;
    await talk.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `founds.${group}` },
      spec: {
        group,
        scope: 'Cluster',
        names: { plural: 'founds', singular: 'found', kind: 'Found', listKind: 'FoundList' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
          { name: 'v1alpha1', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    });
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const versions = await eventually(async () => {
      const groups = itemsOf(await talk.ask('GET', '/apis', undefined, { accept }));
      return at<Wire[]>(
        groups.find((one) => nameOf(one) === group),
        'versions',
      );
    });
    assert.deepEqual(
      versions.map((one) => [one.version, at(one, 'resources/0/resource'), at(one, 'resources/0/scope')]),
      [
        ['v1', 'founds', 'Cluster'],
        ['v1alpha1', 'founds', 'Cluster'],
      ],
    );
  },
  'FieldValidation should detect unknown metadata fields of a typed object': async (talk) => {
    const body =
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"my-dep","unknownMeta":"foo"},"spec":{"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"unknownSpecMeta":"foo","labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx"}]}}}}';
    const path = `${talk.here('apps/v1/deployments')}?fieldManager=mgr&fieldValidation=Strict`;
    const refusal = await talk.refused(400, 'POST', path, body);
    assert.match(
      String(refusal.message),
      /strict decoding error: unknown field "metadata\.unknownMeta", unknown field "spec\.template\.metadata\.unknownSpecMeta"/,
    );
  },
  'MutatingAdmissionPolicy should mutate a Deployment': (talk) =>
    mutated(talk, 'Object{spec: Object.spec{replicas: 3}}', (one) => at(one, 'spec/replicas') === 3),
  'MutatingAdmissionPolicy should mutate a Deployment with annotations': (talk) =>
    mutated(
      talk,
      'Object{metadata: Object.metadata{annotations: {"mutated-by": "admission-policy"}}}',
      (one) => at(one, 'metadata/annotations/mutated-by') === 'admission-policy',
    ),
  'ConfigMap should update ConfigMap successfully': async (talk) => {
    const made = await talk.create(talk.here('configmaps'), { metadata: { name: 'c' }, data: {} });
    await talk.replace(talk.here('configmaps', 'c'), { ...made, data: { data: 'value' } });
    assert.deepEqual((await talk.get(talk.here('configmaps', 'c'))).data, { data: 'value' });
  },
  'Service endpoints latency should not be very high': async (talk) => {
    const labels = { name: 'svc-latency' };
    await talk.create(talk.here('apps/v1/replicasets'), workload('svc-latency', labels));
    await until(talk, talk.here('apps/v1/replicasets', 'svc-latency'), (one) => at(one, 'status/readyReplicas') === 1);
    const took: number[] = [];
    const trial = async (): Promise<void> => {
      const begin = performance.now();
      const made = await talk.create(talk.here('services'), {
        metadata: { generateName: 'latency-svc-' },
        spec: { selector: labels, ports: [{ port: 80, protocol: 'TCP' }] },
      });
      const selector = `kubernetes.io/service-name%3D${nameOf(made)}`;
      const events = `${talk.here('discovery.k8s.io/v1/endpointslices')}?watch=true&labelSelector=${selector}`;
      await talk.seen(events, ({ object }) => at(object, 'endpoints/0/addresses/0') !== undefined);
      took.push(performance.now() - begin);
    };
    // As many as upstream's, with the same concurrency.
    for (let done = 0; done < 200; done += 10) await Promise.all(Array.from({ length: 10 }, trial));
    took.sort((a, b) => a - b);
    const [half = Number.NaN, nearlyAll = Number.NaN] = [took[100], took[198]];
    assert.ok(half < 20_000 && nearlyAll < 50_000, took.join());
  },
});
