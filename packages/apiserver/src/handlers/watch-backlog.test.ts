import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WatchBacklog } from './watch-backlog.ts';

const MiB = 1024 * 1024;

/** Watchers with a backlog that tests set, and the names of those that were cut off. */
function watchers() {
  const backlog = new WatchBacklog({ ofOne: 64 * MiB, ofAll: 100 * MiB });
  const cut: string[] = [];
  const watcher = (name: string) => {
    const sink = { buffered: 0 };
    const leave = (): void => {
      cut.push(name);
      sink.buffered = 0;
      backlog.leave(sink);
    };
    return {
      wait: (bytes: number): void => {
        sink.buffered = bytes;
        backlog.look(sink, leave);
      },
      drained: (): void => {
        sink.buffered = 0;
      },
    };
  };
  return { cut, watcher };
}

test('disconnects a watcher with too large a backlog', () => {
  const { cut, watcher } = watchers();
  const one = watcher('one');
  one.wait(64 * MiB);
  assert.deepEqual(cut, []);
  one.wait(64 * MiB + 1);
  assert.deepEqual(cut, ['one']);
});

test('when the total backlog is too large, disconnects the worst, whoever comes last', () => {
  const { cut, watcher } = watchers();
  const [slow, slower, slowest] = [watcher('slow'), watcher('slower'), watcher('slowest')];
  slower.wait(30 * MiB);
  slowest.wait(50 * MiB);
  slow.wait(15 * MiB);
  assert.deepEqual(cut, []);
  slow.wait(25 * MiB);
  assert.deepEqual(cut, ['slowest']);
  slow.wait(60 * MiB);
  assert.deepEqual(cut, ['slowest']);
  slower.drained();
  slow.wait(63 * MiB);
  assert.deepEqual(cut, ['slowest'], 'what was read meanwhile does not count');
});

test('leaves many watchers with small backlogs alone', () => {
  const { cut, watcher } = watchers();
  for (let i = 0; i < 1000; i++) watcher(`${i}`).wait(MiB);
  assert.deepEqual(cut, []);
});
