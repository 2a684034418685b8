import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { VolumeUsage } from '@typernetes/cri';
import { volumeMetrics } from '../server/volume-metrics.ts';
import { MountedVolumes } from './mounted-volumes.ts';

const usage = (unit: VolumeUsage['unit'], used: string): VolumeUsage => ({ unit, used, total: '100', available: '60' });
const published = { driver: 'd', handle: 'h', path: '/mount' };
const claim = { namespace: 'default', name: 'data' };

test('measures volumes of drivers and of the machine at intervals', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const csi = { usage: async () => [usage('BYTES', String(++asked)), usage('INODES', '7')] };
  const volumes = new MountedVolumes({ csi, clock, log: silentLogger, keepMs: 60_000 });
  volumes.note('uid', 'data', { claim, at: published });
  volumes.note('uid', 'local', { at: { path: '/' } });
  const first = await volumes.usages('uid');
  assert.deepEqual(first.get('data'), {
    claim,
    capacityBytes: 100,
    availableBytes: 60,
    usedBytes: 1,
    inodes: 100,
    inodesFree: 60,
    inodesUsed: 7,
  });
  assert.ok((first.get('local')?.capacityBytes ?? 0) > 0);
  await volumes.usages('uid');
  assert.equal(asked, 1, 'what was measured counts for a while');
  await clock.advance(60_000);
  assert.equal((await volumes.usages('uid')).get('data')?.usedBytes, 2);
  const own = 'namespace="default",persistentvolumeclaim="data"';
  assert.match(
    volumeMetrics(new Map([['uid', first]])),
    new RegExp(`^kubelet_volume_stats_used_bytes{${own}} 1$`, 'm'),
  );
  volumes.forget('uid');
  assert.equal((await volumes.usages('uid')).size, 0);
});

test('a driver that does not answer does not affect other volumes', async () => {
  const csi = { usage: () => Promise.reject(new Error('gone')) };
  const said: unknown[] = [];
  const log = { ...silentLogger, warn: (...text: unknown[]) => void said.push(text) };
  const volumes = new MountedVolumes({ csi, clock: new FakeClock(), log, keepMs: 1 });
  volumes.note('uid', 'data', { claim, at: published });
  volumes.note('uid', 'local', { at: { path: '/' } });
  assert.deepEqual([...(await volumes.usages('uid')).keys()], ['local']);
  assert.deepEqual(said, [['Cannot measure volume', { pod: 'uid', volume: 'data', error: 'gone' }]]);
});
