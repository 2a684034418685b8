import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyConfiguration,
  applyStrategicMergePatch,
  createStrategicPatch,
  createThreeWayStrategicPatch,
  decodeObject,
  type JsonObject,
} from '@typernetes/machinery';
import fc from 'fast-check';
import { schemaOfType } from './schemas.ts';

const schema = schemaOfType('core/v1.Pod');
const blank = decodeObject({}, schema).object;

const word = fc.constantFrom('a', 'b', 'c');
const words = fc.dictionary(word, word, { maxKeys: 3 });
const unique = <T>(item: fc.Arbitrary<T>, key: keyof T) =>
  fc.uniqueArray(item, { maxLength: 3, selector: (one) => one[key] });

const port = fc.record(
  { containerPort: fc.constantFrom(80, 81, 82), protocol: fc.constant('TCP'), name: word },
  { requiredKeys: ['containerPort', 'protocol'] },
);
const container = fc.record(
  { name: word, image: word, ports: unique(port, 'containerPort'), args: fc.array(word, { maxLength: 2 }) },
  { requiredKeys: ['name'] },
);
const volume = fc.oneof(
  fc.record({ name: word, emptyDir: fc.record({ medium: word }, { requiredKeys: [] }) }),
  fc.record({ name: word, hostPath: fc.record({ path: word }) }),
);
const pod = fc
  .record({
    metadata: fc.record({ labels: words, finalizers: fc.uniqueArray(word, { minLength: 1 }) }, { requiredKeys: [] }),
    spec: fc.record(
      {
        containers: unique(container, 'name'),
        volumes: unique(volume, 'name'),
        nodeSelector: words,
        tolerations: fc.array(fc.record({ key: word }), { maxLength: 2 }),
        hostname: word,
      },
      { requiredKeys: ['containers'] },
    ),
  })
  .map((made) => JSON.parse(JSON.stringify(made)) as JsonObject);

test('a strategic merge patch turns one pod into another', () => {
  fc.assert(
    fc.property(pod, pod, (from, to) => {
      const patch = createStrategicPatch(from, to, { schema });
      assert.deepEqual(applyStrategicMergePatch(from, patch, schema), to);
    }),
  );
});

test('a client-side apply reaches a state in which it changes nothing', () => {
  fc.assert(
    fc.property(pod, pod, pod, (original, modified, current) => {
      const patch = createThreeWayStrategicPatch({ original, modified, current }, schema);
      const next = applyStrategicMergePatch(current, patch, schema);
      const again = createThreeWayStrategicPatch({ original: modified, modified, current: next }, schema);
      // The order of lists in which the server has more is told each time.
      assert.deepEqual(applyStrategicMergePatch(next, again, schema), next);
    }),
  );
});

const applier = { manager: 'm', apiVersion: 'v1', subresource: '', now: '2026-01-01T00:00:00Z', force: true };

test('a sole applier gets what it asks for, and nothing that it no longer asks for', () => {
  const typed = (object: JsonObject): JsonObject => decodeObject(object, schema).object;
  fc.assert(
    fc.property(pod, pod, (first, second) => {
      const one = applyConfiguration({ live: undefined, config: first, blank }, schema, applier);
      const stored = typed(one.object);
      (stored.metadata as JsonObject).managedFields = one.managedFields;
      const two = applyConfiguration({ live: stored, config: second, blank }, schema, applier);
      assert.deepEqual(typed(two.object), typed(second));
    }),
  );
});
