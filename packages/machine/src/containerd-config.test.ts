import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { containerdConfig, mirrorConfig } from './containerd-config.ts';

test('pods are started by crun if present, else by runc', () => {
  const pauseImage = 'localhost/pause:1';
  assert.match(containerdConfig({ pauseImage, crun: '/usr/bin/crun' }), /default_runtime_name = "crun"/);
  const without = containerdConfig({ pauseImage, crun: undefined });
  assert.match(without, /default_runtime_name = "runc"/);
  assert.doesNotMatch(without, /crun/);
});

test("with systemd's cgroup driver runc asks systemd for cgroups", () => {
  const config = containerdConfig({ pauseImage: 'localhost/pause:1', crun: '/usr/bin/crun', systemd: true });
  assert.match(config, /default_runtime_name = "runc"/);
  assert.equal(config.match(/SystemdCgroup = true/g)?.length, 2);
});

test('containerd understands it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'containerd-'));
  try {
    const file = join(folder, 'config.toml');
    writeFileSync(file, containerdConfig({ pauseImage: 'localhost/pause:1', crun: '/usr/bin/crun' }));
    const dump = execFileSync('containerd', ['--config', file, 'config', 'dump'], { encoding: 'utf8' });
    assert.match(dump, /sandbox_image = "localhost\/pause:1"/);
    assert.match(dump, /restrict_oom_score_adj = true/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a missing image is missing: there is no fallback to the registry in its name', () => {
  assert.match(mirrorConfig(), /^server = "http:\/\/172\.30\.0\.1:5000"$/m);
});
