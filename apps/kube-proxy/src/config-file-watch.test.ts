import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { ConfigFileWatch } from './config-file-watch.ts';

test('ends the program when the file has other contents, not when it is missing for a moment', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config.conf');
  writeFileSync(path, 'mode: iptables\n');
  let reads = 0;
  // Time passes at once, and what happens to the file happens between two reads.
  const steps = [
    () => {},
    () => rmSync(path),
    () => writeFileSync(path, 'mode: iptables\n'),
    () => writeFileSync(path, 'mode: nftables\n'),
  ];
  const sleep = async (): Promise<void> => steps[reads++]?.();
  const watch = new ConfigFileWatch(path, 'mode: iptables\n', { ...systemClock, sleep });
  await assert.rejects(watch.run(new AbortController().signal), {
    message: "content of the proxy server's configuration file was updated",
  });
  assert.equal(reads, steps.length);
});
