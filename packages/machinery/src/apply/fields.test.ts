import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anySchema } from '../schema/schema.ts';
import { abandonedFields } from './abandoned-fields.ts';
import {
  differenceFields,
  equalFields,
  type Fields,
  fieldsOfPaths,
  insertPath,
  intersectFields,
  noFields,
  orderedFields,
  pathsOf,
  pathText,
  unionFields,
  withoutSubtrees,
} from './fields.ts';

const path = fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":1}'), { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 8 });

function setOf(list: readonly (readonly string[])[]): Fields {
  const fields: Fields = {};
  for (const one of list) insertPath(fields, one);
  return fields;
}

const texts = (fields: Fields): Set<string> => new Set([...pathsOf(fields)].map((one) => one.join('/')));

test('operations on trees equal operations on sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (these, those) => {
      const [a, b] = [setOf(these), setOf(those)];
      const [as, bs] = [texts(a), texts(b)];
      assert.deepEqual(as, new Set(these.map((one) => one.join('/'))));
      assert.deepEqual(texts(unionFields(a, b)), as.union(bs));
      assert.deepEqual(texts(differenceFields(a, b)), as.difference(bs));
      assert.deepEqual(texts(intersectFields(a, b)), as.intersection(bs));
      const below = (text: string): boolean => [...bs].some((root) => text === root || text.startsWith(`${root}/`));
      assert.deepEqual(texts(withoutSubtrees(a, b)), new Set([...as].filter((text) => !below(text))));
      const left = [...as.difference(bs)];
      const isWithin = (text: string): boolean => left.some((root) => text.startsWith(`${root}/`));
      assert.deepEqual(texts(abandonedFields(a, b, anySchema)), new Set(left.filter((text) => !isWithin(text))));
      assert.ok(equalFields(unionFields(a, b), unionFields(b, a)));
      assert.ok(equalFields(a, setOf([...these].reverse())));
      assert.deepEqual([as, bs], [texts(a), texts(b)]);
    }),
  );
});

test("writes sets in upstream's order, and keeps sorted ones", () => {
  const port = (number: number) => `k:{"containerPort":${number},"protocol":"TCP"}`;
  const shuffled: Fields = {
    'v:"b"': noFields,
    [port(8080)]: { 'f:name': noFields, '.': noFields },
    [port(90)]: noFields,
    'k:{"name":"b"}': noFields,
    'f:b': { 'f:z': noFields, 'f:a': { 'f:y': noFields, 'f:x': noFields } },
    'f:a': noFields,
    '.': noFields,
  };
  const ordered = orderedFields(shuffled);
  assert.equal(
    JSON.stringify(ordered),
    JSON.stringify({
      '.': {},
      'f:a': {},
      'f:b': { 'f:a': { 'f:x': {}, 'f:y': {} }, 'f:z': {} },
      [port(90)]: {},
      [port(8080)]: { '.': {}, 'f:name': {} },
      'k:{"name":"b"}': {},
      'v:"b"': {},
    }),
  );
  assert.ok(equalFields(ordered, shuffled));
  assert.equal(orderedFields(ordered), ordered);
  fc.assert(
    fc.property(paths, (these) => {
      const [there, back] = [setOf(these), setOf([...these].reverse())].map(orderedFields);
      assert.equal(JSON.stringify(there), JSON.stringify(back));
    }),
  );
});

test('formats paths as conflicts name them', () => {
  assert.equal(
    pathText(['f:spec', 'k:{"containerPort":80,"protocol":"TCP"}', 'f:name']),
    '.spec[containerPort=80,protocol="TCP"].name',
  );
  assert.equal(pathText(['f:finalizers', 'v:"x"']), '.finalizers[="x"]');
  assert.deepEqual(fieldsOfPaths(['status', 'metadata.labels']), { 'f:status': {}, 'f:metadata': { 'f:labels': {} } });
});
