import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Applied,
  type Applier,
  applyConfiguration,
  decodeObject,
  fieldsOfPaths,
  type JsonObject,
  type ManagedFieldsEntry,
  trackUpdate,
} from '@typernetes/machinery';
import { schemaOfType } from './schemas.ts';

const schema = schemaOfType('apps/v1.Deployment');
const blank = decodeObject({}, schema).object;
const typed = (object: JsonObject): JsonObject => decodeObject(object, schema).object;

const writer = { manager: 'kubectl', apiVersion: 'apps/v1', subresource: '', now: '2026-01-01T00:00:00Z' };

const withFields = (object: JsonObject, managedFields: ManagedFieldsEntry[] | undefined): JsonObject => ({
  ...object,
  metadata: { ...(object.metadata as JsonObject), managedFields },
});

function apply(live: JsonObject | undefined, config: JsonObject, options: Partial<Applier> = {}): JsonObject {
  const applier = { ...writer, force: false, resetFields: fieldsOfPaths(['status']), ...options };
  const applied: Applied = applyConfiguration({ live, config, blank }, schema, applier);
  return withFields(typed(applied.object), applied.managedFields);
}

function update(live: JsonObject | undefined, next: JsonObject, options: Partial<typeof writer> = {}): JsonObject {
  return withFields(next, trackUpdate({ live, next, blank }, schema, { ...writer, ...options }));
}

const fieldsOf = (object: JsonObject, manager: string, operation: string): unknown =>
  (object as unknown as { metadata: { managedFields?: ManagedFieldsEntry[] } }).metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === operation,
  )?.fieldsV1;

const deployment = typed({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'default',
    labels: { app: 'web' },
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'nginx', image: 'nginx', resources: {}, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
      },
    },
  },
});

test('a create owns each field, as upstream has it', () => {
  const created = update(undefined, deployment, { manager: 'kubectl-create' });
  assert.deepEqual(fieldsOf(created, 'kubectl-create', 'Update'), {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"nginx"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
              },
              'f:resources': {},
            },
          },
        },
      },
    },
  });
});

test('changing a field takes over its ownership, and times change only with fields', () => {
  const created = update(undefined, deployment);
  const scaled = update(
    created,
    { ...created, spec: { ...(created.spec as JsonObject), replicas: 3 } },
    {
      manager: 'scaler',
      now: '2026-01-02T00:00:00Z',
    },
  );
  assert.deepEqual(fieldsOf(scaled, 'scaler', 'Update'), { 'f:spec': { 'f:replicas': {} } });
  assert.equal(
    ((fieldsOf(scaled, 'kubectl', 'Update') as JsonObject)['f:spec'] as JsonObject)['f:replicas'],
    undefined,
  );
  const same = update(scaled, scaled, { manager: 'scaler', now: '2026-01-03T00:00:00Z' });
  assert.deepEqual(same, scaled);
});

test('managed fields can be cleared, and stay cleared until somebody applies', () => {
  const created = update(undefined, deployment);
  const forgotten = update(created, withFields(created, [{} as ManagedFieldsEntry]));
  assert.equal((forgotten.metadata as JsonObject).managedFields, undefined);
  const changed = update(forgotten, { ...forgotten, spec: { ...(forgotten.spec as JsonObject), replicas: 9 } });
  assert.equal((changed.metadata as JsonObject).managedFields, undefined);
});

const config = (spec: JsonObject): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec,
});
const container = (name: string, rest: JsonObject = {}): JsonObject => ({ name, image: name, ...rest });
const withContainers = (...containers: JsonObject[]): JsonObject => config({ template: { spec: { containers } } });
const containersOf = (object: JsonObject): JsonObject[] =>
  (object as unknown as { spec: { template: { spec: { containers: JsonObject[] } } } }).spec.template.spec.containers;

test('an applier owns the fields it sets', () => {
  const applied = apply(undefined, withContainers(container('a', { ports: [{ containerPort: 80 }] })));
  assert.deepEqual(fieldsOf(applied, 'kubectl', 'Apply'), {
    'f:spec': {
      'f:template': {
        'f:spec': {
          'f:containers': {
            'k:{"name":"a"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            },
          },
        },
      },
    },
  });
});

test("fields that an applier no longer sets are removed, others' fields stay", () => {
  const first = apply(undefined, withContainers(container('a', { tty: true }), container('b')));
  const defaulted = structuredClone(first);
  containersOf(defaulted)[0]!.imagePullPolicy = 'Always';
  containersOf(defaulted)[1]!.imagePullPolicy = 'Always';
  const second = apply(defaulted, withContainers(container('a')));
  assert.deepEqual(containersOf(second), [{ name: 'a', image: 'a', imagePullPolicy: 'Always', resources: {} }]);
});

test('a list item that its applier drops is removed as a whole, whatever others set in it', () => {
  const first = apply(undefined, withContainers(container('a'), container('b')));
  const changed = structuredClone(first);
  containersOf(changed)[1]!.workingDir = '/tmp';
  const second = update(first, changed, { manager: 'other' });
  const third = apply(second, withContainers(container('a')));
  assert.deepEqual(
    containersOf(third).map(({ name }) => name),
    ['a'],
  );
  assert.equal(fieldsOf(third, 'other', 'Update'), undefined);
});

test('a struct that its applier drops is removed if nobody else has set anything in it', () => {
  const rolling = { strategy: { rollingUpdate: { maxSurge: 1 } } };
  const first = apply(undefined, config({ ...rolling, paused: true }));
  const defaulted = structuredClone(first);
  Object.assign((defaulted.spec as { strategy: { rollingUpdate: JsonObject } }).strategy.rollingUpdate, {
    maxUnavailable: '25%',
  });
  const second = apply(defaulted, config({ paused: true }));
  assert.deepEqual((second.spec as JsonObject).strategy, {});
});

test('a field that another applier also sets is kept', () => {
  const one = apply(undefined, config({ replicas: 2, paused: true }), { manager: 'one' });
  const two = apply(one, config({ replicas: 2 }), { manager: 'two' });
  const gone = apply(two, { ...config({}), spec: undefined }, { manager: 'one' });
  assert.equal((gone.spec as JsonObject).replicas, 2);
  assert.equal((gone.spec as JsonObject).paused, undefined);
  assert.equal(fieldsOf(gone, 'one', 'Apply'), undefined);
});

test('changing a field that others own is a conflict, unless forced', () => {
  const created = update(undefined, deployment, { manager: 'kubectl-create' });
  const scale = config({ replicas: 5 });
  assert.throws(() => apply(created, scale), {
    code: 409,
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-create" using apps/v1',
          field: '.spec.replicas',
        },
      ],
    },
  });
  const two = config({ replicas: 5, strategy: { type: 'Recreate' } });
  assert.throws(() => apply(created, two), {
    message:
      'Apply failed with 2 conflicts: conflicts with "kubectl-create" using apps/v1:\n- .spec.replicas\n- .spec.strategy.type',
  });
  const forced = apply(created, scale, { force: true });
  assert.equal((forced.spec as JsonObject).replicas, 5);
  const left = (fieldsOf(forced, 'kubectl-create', 'Update') as JsonObject)['f:spec'] as JsonObject;
  assert.equal(left['f:replicas'], undefined);
  const agreeing = apply(created, config({ replicas: 1 }));
  assert.deepEqual(fieldsOf(agreeing, 'kubectl', 'Apply'), { 'f:spec': { 'f:replicas': {} } });
});

test('applying the same again changes nothing', () => {
  const once = apply(undefined, withContainers(container('a')));
  assert.deepEqual(apply(once, withContainers(container('a')), { now: '2027-01-01T00:00:00Z' }), once);
});

test('fields from before the first apply are protected', () => {
  const conflict = /conflict with "before-first-apply" using apps\/v1: \.spec\.replicas/;
  assert.throws(() => apply(deployment, config({ replicas: 5 })), conflict);
});

test('kubectl takes over fields from its client-side apply', () => {
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config({ replicas: 1 })),
  };
  const metadata = { ...(deployment.metadata as JsonObject), annotations };
  const created = update(undefined, { ...deployment, metadata }, { manager: 'kubectl-client-side-apply' });
  const applied = apply(created, config({ replicas: 5 }));
  assert.equal((applied.spec as JsonObject).replicas, 5);
  const kept = (applied.metadata as { annotations: Record<string, string> }).annotations;
  assert.match(Object.values(kept)[0] ?? '', /"replicas":5/);
  assert.throws(() => apply(created, config({ replicas: 5 }), { manager: 'other' }), { code: 409 });
});

test('the status cannot be owned through the object itself', () => {
  const applied = apply(undefined, { ...config({ replicas: 1 }), status: { replicas: 1 } });
  assert.deepEqual(fieldsOf(applied, 'kubectl', 'Apply'), { 'f:spec': { 'f:replicas': {} } });
});
