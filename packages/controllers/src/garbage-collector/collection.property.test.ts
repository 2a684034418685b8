import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '@typernetes/api/apps/v1';
import { controllerReference, isConflict, isNotFound, type ObjectMeta, ownerReference } from '@typernetes/machinery';
import fc from 'fast-check';
import { runController } from '../testing/index.ts';
import { serveDiscovery } from '../testing/serve-discovery.ts';
import { garbageCollectorController } from './register.ts';

const namespace = 'shop';
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

type Action =
  | { readonly do: 'create'; readonly name: string; readonly owners: readonly number[] }
  | { readonly do: 'delete'; readonly name: string; readonly policy: string }
  | { readonly do: 'adopt'; readonly name: string; readonly owner: number }
  | { readonly do: 'settle' };

const name = fc.constantFrom(...names);
const actions = fc.array(
  fc.oneof(
    // Owners are chosen among all objects that ever existed: many are gone.
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('create' as const), name, owners: fc.array(fc.nat(), { maxLength: 3 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('delete' as const),
        name,
        policy: fc.constantFrom('Background', 'Foreground', 'Orphan'),
      }),
    },
    // Any object may become an owner of any other, so there are cycles, and objects saved at the last moment.
    { weight: 2, arbitrary: fc.record({ do: fc.constant('adopt' as const), name, owner: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  ),
  { maxLength: 30 },
);

async function play(script: readonly Action[]): Promise<void> {
  await runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      const client = api.resource(replicasets);
      const made: { metadata: ObjectMeta }[] = [];
      const live = async (name: string) => (await client.list()).items.find(({ metadata }) => metadata.name === name);
      const deletedByUser = new Set<string>();
      for (const action of script) {
        if (action.do === 'settle') await settle();
        else if (action.do === 'create') {
          if (await live(action.name)) continue;
          const owners = new Map(action.owners.map((i) => made[i % made.length]).map((of) => [of?.metadata.uid, of]));
          const ownerReferences = [...owners.values()].flatMap((of) =>
            of ? controllerReference(of, replicasets) : [],
          );
          const metadata = { name: action.name, namespace, ...(ownerReferences.length > 0 ? { ownerReferences } : {}) };
          made.push(await client.create({ metadata, spec: { selector: {} } }));
        } else if (action.do === 'adopt') {
          const [object, owner] = [await live(action.name), made[action.owner % made.length]];
          if (!object || !owner || object.metadata.deletionTimestamp !== undefined) continue;
          const { uid, resourceVersion, ownerReferences = [] } = object.metadata;
          if (ownerReferences.some((reference) => reference.uid === owner.metadata.uid)) continue;
          const adopted = [...ownerReferences, { ...ownerReference(owner, replicasets), blockOwnerDeletion: true }];
          const patch = { metadata: { uid, resourceVersion, ownerReferences: adopted } };
          try {
            const changed = await client.patch({ namespace, name: action.name }, patch, { type: 'merge' });
            made[made.findIndex(({ metadata }) => metadata.uid === uid)] = changed;
          } catch (error) {
            if (!isNotFound(error) && !isConflict(error)) throw error; // the collector was faster
          }
        } else {
          const object = await live(action.name);
          if (!object) continue;
          try {
            await client.delete({ namespace, name: action.name }, { propagationPolicy: action.policy });
            deletedByUser.add(object.metadata.uid);
          } catch (error) {
            if (!isNotFound(error)) throw error; // the collector was faster
          }
        }
      }
      await settle();
      const left = new Map((await client.list()).items.map(({ metadata }) => [metadata.uid, metadata]));
      for (const { name, ownerReferences = [], finalizers = [], deletionTimestamp } of left.values()) {
        assert.deepEqual([finalizers, deletionTimestamp], [[], undefined], `${name} is stuck`);
        assert.ok(
          ownerReferences.length === 0 || ownerReferences.some(({ uid }) => left.has(uid)),
          `${name} is a stray`,
        );
      }
      for (const { metadata } of made) {
        if (left.has(metadata.uid) || deletedByUser.has(metadata.uid)) continue;
        const { ownerReferences = [] } = metadata;
        assert.ok(ownerReferences.length > 0, `${metadata.name} never had an owner and is gone`);
        assert.ok(!ownerReferences.some(({ uid }) => left.has(uid)), `${metadata.name} is gone, its owner lives`);
      }
    },
    { prepare: async (api) => serveDiscovery(api, [replicasets]) },
  );
}

test('whatever is created and deleted: no orphan is left, nothing with a living owner is deleted, nothing is stuck', () =>
  fc.assert(fc.asyncProperty(actions, play), { numRuns: 60 }));
