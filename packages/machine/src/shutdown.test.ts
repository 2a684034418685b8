import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { podsMs } from './shutdown.ts';

test('a machine is given the time that its kubelet gives its pods', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubelet-'));
  try {
    assert.equal(podsMs(folder), 0, 'there is no kubelet');
    const cases: [text: string, ms: number][] = [
      ['', 0],
      ['shutdownGracePeriod: 0s\n', 0],
      ['shutdownGracePeriod: 1m30s\nshutdownGracePeriodCriticalPods: 10s\n', 90_000],
      [
        'shutdownGracePeriodByPodPriority:\n- {priority: 0, shutdownGracePeriodSeconds: 40}\n- {priority: 10, shutdownGracePeriodSeconds: 5}\n',
        45_000,
      ],
      ['shutdownGracePeriod: whenever\n', 0],
    ];
    for (const [text, ms] of cases) {
      writeFileSync(join(folder, 'config.yaml'), text);
      assert.equal(podsMs(folder), ms, text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
