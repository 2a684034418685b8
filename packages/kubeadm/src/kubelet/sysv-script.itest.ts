import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sysvScript } from './sysv-script.ts';

/** The script in its own folder, with a kubelet that ignores SIGTERM. */
function installed() {
  const folder = mkdtempSync(join(tmpdir(), 'supervisor-'));
  const [bin, pidFile, script] = [join(folder, 'bin'), join(folder, 'kubelet.pid'), join(folder, 'kubelet')];
  mkdirSync(bin);
  writeFileSync(join(bin, 'kubelet'), `#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done # ${folder}\n`, {
    mode: 0o755,
  });
  const own = sysvScript
    .replace(/^PATH=.*$/m, `PATH=${bin}:/usr/sbin:/usr/bin:/sbin:/bin`)
    .replace(/^PIDFILE=.*$/m, `PIDFILE=${pidFile}`)
    .replace(/^LOGFILE=.*$/m, `LOGFILE=${join(folder, 'kubelet.log')}`)
    // The kubelet gets one second to end instead of five.
    .replace('sleep 0.25', 'sleep 0.05');
  writeFileSync(script, own, { mode: 0o755 });
  return {
    run: (verb: string) => execFileSync(script, [verb], { encoding: 'utf8' }),
    pid: () => (existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : undefined),
    /** The processes started from that folder. */
    processes: () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
        } catch {
          return false; // It ended while we looked.
        }
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

test('a kubelet that does not end in time is killed with its supervisor, and does not disturb the next one', (t) => {
  const service = installed();
  t.after(() => {
    for (const pid of service.processes()) process.kill(Number(pid), 'SIGKILL');
    service.remove();
  });
  service.run('start');
  const first = service.pid();
  assert.ok(first !== undefined && service.processes().includes(first));
  service.run('restart');
  const second = service.pid();
  assert.notEqual(second, first);
  assert.ok(!service.processes().includes(first), 'the first supervisor is gone');
  assert.match(service.run('status'), /kubelet is running/);
  service.run('stop');
  assert.deepEqual(service.processes(), []);
  assert.equal(service.pid(), undefined);
});
