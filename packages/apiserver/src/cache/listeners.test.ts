import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheEvent } from './cache-event.ts';
import { CachedObject, encodingOf } from './cached-object.ts';
import { Listeners, type Pin } from './listeners.ts';

const encoding = encodingOf({ apiVersion: 'v1', kind: 'Pod' });
let revision = 0;

function podOn(nodeName: string | undefined): CachedObject {
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p' }, spec: { nodeName } };
  return CachedObject.of(encoding, Buffer.from(JSON.stringify(pod)), ++revision);
}

const change = (key: string, previous: CachedObject | undefined, current: CachedObject | undefined): CacheEvent => ({
  revision,
  key,
  previous,
  current,
  encodings: new Map(),
});

test('a listener for one value of a field gets the events of objects that have it or had it, in order; others get all', () => {
  const listeners = new Listeners();
  const heard: Record<string, string[]> = {};
  const listen = (name: string, pin?: Pin): (() => void) => {
    heard[name] = [];
    return listeners.add({ events: (events) => heard[name]?.push(...events.map(({ key }) => key)), pin });
  };
  listen('all');
  const leave = listen('on a', { field: 'spec.nodeName', value: 'a' });
  listen('also on a', { field: 'spec.nodeName', value: 'a' });
  listen('on b', { field: 'spec.nodeName', value: 'b' });
  listen('waiting', { field: 'spec.nodeName', value: '' });
  listen('named x', { field: 'metadata.name', value: 'x' });
  const [waiting, a, b] = [podOn(undefined), podOn('a'), podOn('b')];
  listeners.notify([
    change('n/created', undefined, waiting),
    change('n/bound', waiting, a),
    change('m/x', a, a),
    change('n/moved', a, b),
    change('n/deleted', b, undefined),
  ]);
  assert.deepEqual(heard, {
    all: ['n/created', 'n/bound', 'm/x', 'n/moved', 'n/deleted'],
    'on a': ['n/bound', 'm/x', 'n/moved'],
    'also on a': ['n/bound', 'm/x', 'n/moved'],
    'on b': ['n/moved', 'n/deleted'],
    waiting: ['n/created', 'n/bound'],
    'named x': ['m/x'],
  });
  assert.equal([...listeners].length, 6);
  leave();
  listeners.notify([change('n/more', a, a)]);
  assert.equal(heard['on a']?.length, 3);
  assert.equal(heard['also on a']?.at(-1), 'n/more');
  assert.equal([...listeners].length, 5);
});

test('a listener that another one has removed meanwhile gets nothing more', () => {
  const listeners = new Listeners();
  const pin: Pin = { field: 'metadata.name', value: 'x' };
  let heard = 0;
  listeners.add({ events: () => leave(), pin });
  const leave = listeners.add({ events: () => heard++, pin });
  listeners.notify([change('n/x', undefined, podOn('a'))]);
  assert.equal(heard, 0);
});
