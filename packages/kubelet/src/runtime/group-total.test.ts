import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ownGroup, readGroupTotal } from './group-total.ts';

test('reads the usage of a cgroup of either version, and nothing for one that does not exist', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'groups-'));
  context.after(() => rm(folder, { recursive: true }));
  const files = {
    'cpu,cpuacct/g/cpuacct.usage': '5000000000\n',
    'memory/g/memory.usage_in_bytes': '1000\n',
    'memory/g/memory.stat': 'rss 1\ntotal_rss 300\ntotal_inactive_file 400\ntotal_pgfault 7\ntotal_pgmajfault 2\n',
    'unified/g/cpu.stat': 'usage_usec 6000000\nuser_usec 1\n',
    'unified/g/memory.current': '1000\n',
    'unified/g/memory.stat': 'anon 300\ninactive_file 1400\npgfault 7\npgmajfault 2\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const old = { version: 1, roots: ['cpu,cpuacct', 'memory'].map((name) => join(folder, name)) } as const;
  const same = { usageBytes: 1000, rssBytes: 300, pageFaults: 7, majorPageFaults: 2 };
  assert.deepEqual(await readGroupTotal(old, '/g'), { cpuNanoSeconds: 5e9, workingSetBytes: 600, ...same });
  const unified = { version: 2, root: join(folder, 'unified') } as const;
  assert.deepEqual(await readGroupTotal(unified, '/g'), { cpuNanoSeconds: 6e9, workingSetBytes: 0, ...same });
  assert.equal(await readGroupTotal(old, '/gone'), undefined);
  assert.equal(await readGroupTotal({ version: 1, roots: [] }, '/g'), undefined);
});

test('a program has the cgroup that the kernel names, unless that is the root', () => {
  const old = '4:memory:/system.slice/kubelet.service\n2:cpu,cpuacct:/other\n0::/\n';
  assert.equal(ownGroup(old, 1), '/system.slice/kubelet.service');
  assert.equal(ownGroup(old, 2), undefined);
  assert.equal(ownGroup('0::/system.slice/kubelet.service\n', 2), '/system.slice/kubelet.service');
  assert.equal(ownGroup('4:memory:/\n', 1), undefined);
});
