import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { CachedObject, encodeStored, encodingOf } from '../cache/cached-object.ts';
import type { Convert } from '../registry/custom-versions.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { customForm } from './custom-form.ts';

const served = { type: { group: 'example.com', version: 'v2', kind: 'A', plural: 'as' } } as unknown as ServedResource;
const stored = 'example.com/v1';
const encoding = encodingOf({ apiVersion: stored, kind: 'A' });

const objectsOf = (count: number, bytes = 0): CachedObject[] =>
  Array.from({ length: count }, (_, i) => {
    const object = { apiVersion: stored, kind: 'A', metadata: { name: `a${i}` }, spec: 'x'.repeat(bytes) };
    return CachedObject.of(encoding, encodeStored(encoding, object as unknown as ApiObject), i + 1);
  });

/** A form whose hook records how many objects each call has, and responds when the test decides. */
function formWith(answer: () => Promise<unknown> = async () => {}) {
  const asked: number[] = [];
  const convert: Convert = async (objects, apiVersion) => {
    asked.push(objects.length);
    await answer();
    return objects.map((object) => ({ ...object, apiVersion }));
  };
  const versions = { stored, all: [stored, 'example.com/v2'], fieldsOf: () => undefined, since: 0, convert };
  const form = customForm(served, versions);
  return { form, asked, ready: async (objects: readonly CachedObject[]) => await form.ready?.(objects) };
}

test('splits calls of a hook so that it can respond in time', async () => {
  const many = formWith();
  const objects = objectsOf(1201);
  await many.ready(objects);
  assert.deepEqual(many.asked, [500, 500, 201]);
  assert.equal(many.form.of(objects[700] as CachedObject).object.metadata.name, 'a700');
  const large = formWith();
  await large.ready(objectsOf(4, 3 * 1024 * 1024));
  assert.deepEqual(large.asked, [1, 1, 1, 1]);
});

test('concurrent requests for the same object share one call', async () => {
  const gate = Promise.withResolvers<void>();
  const { ready, asked } = formWith(() => gate.promise);
  const objects = objectsOf(3);
  const first = ready(objects.slice(0, 2));
  const second = ready(objects);
  gate.resolve();
  await Promise.all([first, second, ready(objects)]);
  assert.deepEqual(asked, [2, 1]);
});

test('a failure reaches everybody who waits for it, and the next request calls again', async () => {
  let fails = true;
  const { ready, asked, form } = formWith(async () => {
    if (fails) throw new Error('no');
  });
  const objects = objectsOf(2);
  const waiting = await Promise.allSettled([ready(objects), ready(objects)]);
  assert.deepEqual(
    waiting.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  fails = false;
  await ready(objects);
  assert.deepEqual(asked, [2, 2]);
  assert.ok(objects.every((one) => form.isReady?.(one)));
});
