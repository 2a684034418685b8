import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { announcesShutdown, LoginManager } from './login-manager.ts';

const signalled = (begins: boolean): string =>
  JSON.stringify({ type: 'signal', member: 'PrepareForShutdown', payload: { type: 'b', data: [begins] } });

test('recognises only the beginning of a shutdown', () => {
  assert.ok(announcesShutdown(signalled(true)));
  assert.ok(!announcesShutdown(signalled(false)));
  assert.ok(!announcesShutdown('{"type":"method_call","member":"PrepareForSleep"}'));
  assert.ok(!announcesShutdown('Monitoring bus message stream.'));
});

test('a shutdown waits until the pods have ended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'login-'));
  const path = (name: string): string => join(folder, name);
  const program = (name: string, script: string): Promise<void> =>
    writeFile(path(name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
  await program('systemctl', `echo "$@" > ${path('reloaded')}`);
  // Holds the lock until there is nothing more to read.
  await program('systemd-inhibit', `echo "$@" > ${path('locked')}; cat; touch ${path('released')}`);
  await program(
    'busctl',
    `until [ -e ${path('locked')} ]; do sleep 0.01; done; echo '${signalled(true)}'; exec sleep 60`,
  );
  const stop = new AbortController();
  const ended = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const manager = new LoginManager({
    seconds: 30,
    settingsDir: path('settings'),
    programs: folder,
    clock: systemClock,
    log: silentLogger,
    onShutdown: async () => {
      begun.resolve();
      await ended.promise;
    },
  });
  const running = manager.run(stop.signal);
  try {
    await begun.promise;
    assert.match(await readFile(path('settings/99-kubelet.conf'), 'utf8'), /^InhibitDelayMaxSec=30$/m);
    assert.match(await readFile(path('reloaded'), 'utf8'), /--signal=HUP systemd-logind.service/);
    assert.match(await readFile(path('locked'), 'utf8'), /--what=shutdown --who=kubelet .* --mode=delay cat/);
    assert.ok(!existsSync(path('released')));
    ended.resolve();
    const deadline = systemClock.monotonic() + 20_000;
    while (!existsSync(path('released'))) {
      assert.ok(systemClock.monotonic() < deadline, 'the lock was never released');
      await systemClock.sleep(5);
    }
  } finally {
    stop.abort();
    await running;
    await rm(folder, { recursive: true, force: true });
  }
});

test('a bus that ends is listened to again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'login-'));
  const path = (name: string): string => join(folder, name);
  const program = (name: string, script: string): Promise<void> =>
    writeFile(path(name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, { mode: 0o755 });
  await program('systemctl', 'exit 0');
  await program('systemd-inhibit', 'exec cat');
  await program(
    'busctl',
    `if [ ! -e ${path('once')} ]; then touch ${path('once')}; exit 1; fi; echo '${signalled(true)}'; exec sleep 60`,
  );
  const clock = new FakeClock();
  const stop = new AbortController();
  let begun = false;
  const onShutdown = async (): Promise<void> => {
    begun = true;
  };
  const running = new LoginManager({
    seconds: 30,
    settingsDir: path('settings'),
    programs: folder,
    clock,
    log: silentLogger,
    onShutdown,
  }).run(stop.signal);
  try {
    const deadline = systemClock.monotonic() + 20_000;
    while (!begun) {
      assert.ok(systemClock.monotonic() < deadline, 'nobody was told of the shutdown');
      await systemClock.sleep(5);
      await clock.advance(1000);
    }
  } finally {
    stop.abort();
    await running;
    await rm(folder, { recursive: true, force: true });
  }
});
