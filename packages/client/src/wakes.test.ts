import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Informer, InformerEvents } from './informer.ts';
import { type Wake, wakeOn, wakeOnAppearance, wakeOnSpec } from './wakes.ts';

interface Thing {
  readonly keys: string | string[] | undefined;
  readonly spec?: unknown;
  readonly status?: string;
}

/** The keys that a wake adds for a change from `old` to `object`. */
function added(wake: (informer: Informer<Thing>) => Wake, old: Thing, object: Thing): string[] {
  let events: InformerEvents<Thing> = {};
  const informer = {
    onEvent(handlers: InformerEvents<Thing>) {
      events = handlers;
      return () => {};
    },
  } as Informer<Thing>;
  const seen: string[] = [];
  wake(informer).attach({ add: (key) => void seen.push(key), addAfter: () => {} });
  events.updated?.(object, old);
  return seen;
}

const keysOf = ({ keys }: Thing) => keys;
const cases: [before: Thing['keys'], after: Thing['keys'], woken: string[]][] = [
  ['a', 'a', ['a']],
  ['a', 'b', ['a', 'b']],
  ['a', undefined, ['a']],
  [undefined, 'a', ['a']],
  ['a', ['a', 'b'], ['a', 'b']],
  [['a', 'b'], 'b', ['a', 'b']],
  [['a'], ['b', 'a'], ['a', 'b']],
];
for (const [before, after, woken] of cases)
  test(`a change from ${before} to ${after} wakes each key once`, () =>
    assert.deepEqual(
      added((informer) => wakeOn(informer, keysOf), { keys: before }, { keys: after }),
      woken,
    ));

test('wakeOnAppearance uses the current state only', () =>
  assert.deepEqual(
    added((informer) => wakeOnAppearance(informer, keysOf), { keys: 'a' }, { keys: 'b' }),
    ['b'],
  ));

test('wakeOnSpec ignores changes outside the spec except selected ones', () => {
  const orWhen = (object: Thing, old: Thing): boolean => object.status !== old.status;
  const from = { keys: 'a', spec: { size: 1 } };
  const on = (object: Thing, options = {}) => added((informer) => wakeOnSpec(informer, keysOf, options), from, object);
  assert.deepEqual(on({ keys: 'a', spec: { size: 1 }, status: 'new' }), []);
  assert.deepEqual(on({ keys: 'a', spec: { size: 2 } }), ['a']);
  assert.deepEqual(on({ keys: 'a', spec: { size: 1 }, status: 'new' }, { orWhen }), ['a']);
});
