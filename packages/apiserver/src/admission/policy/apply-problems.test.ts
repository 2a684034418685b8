import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MutatingAdmissionPolicy } from '@typernetes/api/admissionregistration/v1';
import { schemaOfKind } from '@typernetes/api/schema';
import { type CompiledMutatingPolicy, compileMutatingPolicy, mutated } from './mutating-policy.ts';

const schema = schemaOfKind({ group: 'apps', version: 'v1', kind: 'Deployment' });

type Mutation = NonNullable<NonNullable<MutatingAdmissionPolicy['spec']>['mutations']>[number];

/** A Deployment after a policy with this apply configuration. */
const applied = (expression: string): Promise<unknown> =>
  after({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });

/** A Deployment after a policy with this JSON patch. */
const patched = (expression: string): Promise<unknown> => after({ patchType: 'JSONPatch', jsonPatch: { expression } });

async function after(own: Mutation): Promise<unknown> {
  const spec = { mutations: [own] };
  const policy = compileMutatingPolicy({ metadata: { name: 'p' }, spec } as unknown as MutatingAdmissionPolicy);
  const [mutation] = policy.mutations as [CompiledMutatingPolicy['mutations'][number]];
  const object = { metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } } } };
  return mutated(object, mutation, { variables: { object }, budget: { left: 10_000_000 }, schema });
}

for (const [expression, problem] of [
  [
    'Object{spec: Object.spec{selector: Object.spec.selector{matchLabels: {"l": "v"}}}}',
    'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.selector',
  ],
  [
    `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
      containers: [Object.spec.template.spec.containers{name: "a", args: ["b"]}]}}}}`,
    'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.containers[0].args',
  ],
  [
    'Object{spec: Object.specx{replicas: 1}}',
    'type mismatch: unexpected type name "Object.specx", expected "Object.spec", which matches field name path from root Object type',
  ],
  [
    'Object{spec: Object.spec{replicasx: 1}}',
    'error applying patch: failed to convert patch object to typed object: .spec.replicasx: field not declared in schema',
  ],
  [
    'Object{spec: Object.spec{replicas: "x"}}',
    'error applying patch: failed to convert patch object to typed object: .spec.replicas: expected numeric (int or float), got string',
  ],
] as const) {
  test(problem, () => assert.rejects(applied(expression), { message: problem }));
}

test('fields, items with keys and maps that are merged are no problem', async () => {
  const template = `Object.spec.template{
    metadata: Object.spec.template.metadata{labels: {"app": "web"}},
    spec: Object.spec.template.spec{volumes: [Object.spec.template.spec.volumes{name: "y"}]}
  }`;
  assert.deepEqual(
    await applied(`Object{spec: Object.spec{replicas: object.spec.replicas + 1, template: ${template}}}`),
    {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { volumes: [{ name: 'y' }] } },
      },
    },
  );
});

const replicas = '{op: "replace", path: "/spec/replicas", value: 5}';

test('a JSON patch whose test fails changes nothing, and nothing is refused', async () => {
  const unchanged = await patched(`false ? [JSONPatch${replicas}] : []`);
  // A list of nothing is no list of patches.
  await assert.rejects(patched('[]'), /must evaluate to list\(JSONPatch\) but got list\(dyn\)/);
  assert.deepEqual(
    await patched(`[JSONPatch{op: "test", path: "/spec/paused", value: true}, JSONPatch${replicas}]`),
    unchanged,
  );
  const changed = await patched(`[JSONPatch{op: "test", path: "/spec/replicas", value: 1}, JSONPatch${replicas}]`);
  assert.equal((changed as { spec: { replicas: number } }).spec.replicas, 5);
});

test('what a JSON patch cannot do is told', async () => {
  await assert.rejects(
    patched('[JSONPatch{op: "remove", path: "/spec/none"}]'),
    /^CelError: JSON Patch: error in remove for path: '.spec.none'/,
  );
  await assert.rejects(
    patched('[JSONPatch{op: "add", path: "/spec", value: Object.spec{selector: Object.spec.wrong{}}}]'),
    /type mismatch: unexpected type name "Object.spec.wrong", expected "Object.spec.selector"/,
  );
});
