import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestByName, type PodRecord } from '../runtime/pod-record.ts';
import { surplusOf } from './surplus.ts';

/** Containers as `web/2 exited s1`: name, attempt, state, sandbox; newest first. Sandboxes as `s1 ready`. */
function seen(sandboxes: readonly string[], lives: readonly string[]): PodRecord {
  return {
    uid: 'u',
    name: 'p',
    namespace: 'default',
    sandboxes: sandboxes.map((text, i) => {
      const [id = '', state] = text.split(' ');
      return { id, attempt: sandboxes.length - i, ready: state === 'ready', handler: '', createdAt: -i, ips: [] };
    }),
    containers: lives.map((text, i) => {
      const [, name = '', attempt, state = '', sandboxId = ''] = /^(\w+)\/(\d+) (\w+) (\w+)$/.exec(text) ?? [];
      const times = { createdAt: -i, startedAt: 0, finishedAt: 0 };
      return {
        id: `${name}/${attempt}`,
        name,
        sandboxId,
        attempt: Number(attempt),
        hash: '',
        state: state as 'running' | 'exited',
        ...times,
        exitCode: 0,
        reason: '',
        message: '',
        image: '',
        imageId: '',
        logPath: '',
      };
    }),
  };
}

for (const [title, sandboxes, lives, containers, old] of [
  ['a first life', ['s1 ready'], ['web/0 running s1'], [], []],
  ['a second life keeps the first', ['s1 ready'], ['web/1 running s1', 'web/0 exited s1'], [], []],
  ['a third drops it', ['s1 ready'], ['web/2 running s1', 'web/1 exited s1', 'web/0 exited s1'], ['web/0'], []],
  ['between two lives the last is kept', ['s1 ready'], ['web/1 exited s1', 'web/0 exited s1'], ['web/0'], []],
  [
    'each container counts for itself',
    ['s1 ready'],
    ['web/1 running s1', 'web/0 exited s1', 'init/0 exited s1'],
    [],
    [],
  ],
  ['an old sandbox stays while something in it does', ['s2 ready', 's1 lost'], ['web/0 exited s1'], [], []],
  [
    'and goes with the last of it',
    ['s3 ready', 's2 lost', 's1 lost'],
    ['web/2 running s3', 'web/1 exited s2', 'web/0 exited s1'],
    ['web/0'],
    ['s1'],
  ],
  ['the newest sandbox stays', ['s1 lost'], [], [], []],
] as const) {
  test(title, () => {
    const record = seen(sandboxes, lives);
    const surplus = surplusOf(record);
    assert.deepEqual(
      surplus.containers.map(({ id }) => id),
      containers,
    );
    assert.deepEqual(
      surplus.sandboxes.map(({ id }) => id),
      old,
    );
    for (const newest of newestByName(record).values()) assert.ok(!surplus.containers.includes(newest));
  });
}
