import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base/testing';
import { labels } from '../pod/labels.ts';
import { podOf } from '../testing/pod-machine.ts';
import { removeEndedContainers } from './ended-containers.ts';

test('removes the containers of ended pods; one that cannot be removed does not hold up the others', async () => {
  const removed: string[] = [];
  const said: string[] = [];
  const container = (id: string, uid: string) => ({ id, labels: { [labels.podUid]: uid } });
  const runtime = {
    listContainers: async ({ state }: { state?: string } = {}) => {
      assert.equal(state, 'CONTAINER_EXITED');
      return [container('a', 'uid-p'), container('b', 'uid-q'), container('c', 'uid-p')] as never;
    },
    removeContainer: async (id: string) => {
      if (id === 'a') throw new Error('busy');
      removed.push(id);
    },
  };
  const log = { ...silentLogger, warn: (message: string) => void said.push(message) };
  const { signal } = new AbortController();
  await removeEndedContainers([podOf('p')], { runtime, log }, signal);
  assert.deepEqual([removed, said], [['c'], ['Cannot remove ended container']]);
  await removeEndedContainers([], { runtime: { ...runtime, listContainers: () => assert.fail() }, log }, signal);
});
