import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../command.ts';
import { commandLineFor } from './command-line.ts';
import { failingCommands } from './failing-commands.ts';
import { type HostTraces, hostNetwork, noTraces, tracesOf } from './host-traces.ts';
import { shareParts } from './shared-parts.ts';

const home = mkdtempSync(join(tmpdir(), 'typernetes-e2e-'));
shareParts(home);
const { start, startWith, run, inMachine } = commandLineFor(home);
const wrongFolder = mkdtempSync(join(tmpdir(), 'failing-commands-'));
const commands = failingCommands(wrongFolder);

/** Waits, because directories of deleted machines and killed processes take a moment to disappear. */
async function settledTraces(): Promise<HostTraces> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const traces = tracesOf(home);
    if (traces.trash.length + traces.processes.length + traces.cgroups.length === 0) return traces;
    await sleep(50);
  }
  return tracesOf(home);
}

describe('machines', () => {
  const networkBefore = hostNetwork();
  after(async () => {
    for (const name of tracesOf(home).machineFolders) await run('machine', 'delete', name);
    await settledTraces();
    for (const folder of [home, wrongFolder]) rmSync(folder, { recursive: true, force: true });
  });

  describe('two of them', () => {
    before(async () => {
      await Promise.all([run('machine', 'create', 'one'), run('machine', 'create', 'two')]);
    });

    test('are listed as running, with different addresses', async () => {
      const rows = (await run('machine', 'list'))
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(/\s+/));
      assert.deepEqual(
        rows.map(([name, phase]) => [name, phase]),
        [
          ['one', 'running'],
          ['two', 'running'],
        ],
      );
      assert.equal(new Set(rows.map(([, , address]) => address)).size, 2);
    });

    test('cannot be created twice', async () => {
      const { exitCode, stderr } = await start('machine', 'create', 'one').outcome;
      assert.equal(exitCode, 1);
      assert.match(stderr, /Cannot create machine "one": it exists/);
    });

    test('have their own names, processes, folders and images', async () => {
      assert.equal(await inMachine('one', 'hostname; cat /etc/hostname'), 'one\none\n');
      assert.match(await inMachine('one', 'tr "\\0" " " </proc/1/cmdline'), /machine-init/);
      assert.equal(
        await inMachine('one', 'ls /etc/kubernetes /var/lib/kubelet /var/lib/etcd | grep -v :$ | tr -d "\\n"'),
        '',
      );
      assert.match(await inMachine('one', 'ctr -n k8s.io images list -q'), /localhost\/typernetes\/pause:/);
      await inMachine('one', 'echo mine >/etc/kubernetes/file; echo mine >/etc/changed');
      assert.equal(await inMachine('two', 'cat /etc/kubernetes/file /etc/changed 2>/dev/null || echo none'), 'none\n');
    });

    test('can change kubelet settings', async () => {
      await inMachine(
        'one',
        'set -e; echo 1 >/proc/sys/net/ipv4/conf/all/forwarding; for tree in /sys/fs/cgroup/*/; do mkdir $tree/probe; rmdir $tree/probe; done',
      );
    });

    test('reach each other and nothing else', async () => {
      const [address] = (await inMachine('two', 'hostname -I')).split(' ');
      const server =
        "const server = require('net').createServer((s) => { s.end('hello'); server.close(); }).listen(7000, () => console.log('up'))";
      const serving = start(
        'machine',
        'exec',
        'two',
        '--',
        'timeout',
        '30',
        '/usr/local/lib/typernetes/node',
        '-e',
        server,
      );
      await serving.until(/up/);
      const client = `require('net').connect(7000, '${address}').on('data', (d) => { console.log(String(d)); process.exit(); })`;
      assert.equal(await inMachine('one', `/usr/local/lib/typernetes/node -e "${client}"`), 'hello\n');
      assert.match(await inMachine('one', 'ip -o link | wc -l'), /^2$/m);
      assert.equal(await inMachine('one', 'ip route show default'), 'default via 172.30.0.1 dev eth0 \n');
      await serving.outcome;
    });

    test('pull images from the registry of the fabric under their usual names', async () => {
      const pull = 'ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d';
      await inMachine('two', `${pull} docker.io/library/busybox:latest && ${pull} k8s.gcr.io/busybox:latest`);
      const hello = 'ctr -n k8s.io run --rm --net-host docker.io/library/busybox:latest hello echo hello';
      assert.equal(await inMachine('two', hello), 'hello\n');
      const { exitCode } = await start(
        'machine',
        'exec',
        'two',
        '--',
        'sh',
        '-c',
        `${pull} docker.io/library/nothing:1`,
      ).outcome;
      assert.notEqual(exitCode, 0);
    });

    test('keep their disks over a stop and a power cut', async () => {
      for (const flags of [[], ['--force']]) {
        await run('machine', 'stop', 'one', ...flags);
        assert.match(await run('machine', 'list'), /^one\s+stopped/m);
        await run('machine', 'start', 'one');
        assert.equal(await inMachine('one', 'cat /etc/kubernetes/file /etc/changed'), 'mine\nmine\n');
      }
    });

    test('start the kubelet service that was installed on them', async () => {
      // This service script does not know `shutdown`: then it is called with `stop`.
      const service = '#!/bin/sh\\necho $1 >>/var/log/kubelet-service\\n[ $1 != shutdown ]\\n';
      await inMachine('one', `printf '${service}' >/etc/init.d/kubelet && chmod +x /etc/init.d/kubelet`);
      await run('machine', 'stop', 'one', '--force');
      await run('machine', 'start', 'one');
      await inMachine('one', 'until [ -s /var/log/kubelet-service ]; do sleep 0.05; done');
      await run('machine', 'stop', 'one');
      await run('machine', 'start', 'one');
      assert.match(await inMachine('one', 'cat /var/log/kubelet-service'), /^start\nshutdown\nstop\n/);
    });

    test('leave no trace', async () => {
      await run('machine', 'delete', 'one', 'two');
      assert.deepEqual(await settledTraces(), noTraces);
      assert.equal(hostNetwork(), networkBefore);
    });
  });

  for (const delay of [80, 200, 280, 360, 440, 520, 700]) {
    test(`whose creator is killed after ${delay} ms is removed without a trace`, async () => {
      const creating = start('machine', 'create', 'cut-off');
      await sleep(delay);
      creating.child.kill('SIGKILL');
      await creating.outcome;
      await run('machine', 'delete', 'cut-off');
      assert.deepEqual(await settledTraces(), noTraces);
    });
  }

  /**
   * Makes every `step`th call of a command line fail, one after the other, until there are no more calls; `check` looks
   * at what is left each time.
   */
  async function withEachCallWrong(
    args: readonly string[],
    {
      how,
      step = 1,
      check,
    }: { how: 'fails' | 'hangs'; step?: number; check(outcome: Outcome, wrong: string): Promise<unknown> },
  ): Promise<number> {
    for (let call = step; ; call += step) {
      const outcome = await startWith(commands.environment(call, how), ...args).outcome;
      const wrong = commands.wrong();
      if (wrong === undefined) {
        assert.equal(outcome.exitCode, 0, outcome.stderr);
        return call / step - 1;
      }
      await check(outcome, wrong);
    }
  }

  /** Some calls do not matter: their effect is achieved in another way. */
  async function isUndone({ exitCode, stderr }: Outcome, wrong: string, name: string): Promise<void> {
    if (exitCode !== 0) {
      assert.match(stderr, /Cannot (run|start)/, wrong);
      assert.deepEqual(tracesOf(home).machineFolders, [], wrong);
    }
    await run('machine', 'delete', name);
    assert.deepEqual(await settledTraces(), noTraces, wrong);
  }

  test('whose creation, stop, start or deletion fails because a command of the host fails', async () => {
    const created = await withEachCallWrong(['machine', 'create', 'unlucky'], {
      how: 'fails',
      check: (outcome, wrong) => isUndone(outcome, wrong, 'unlucky'),
    });
    const stopped = await withEachCallWrong(['machine', 'stop', 'unlucky'], {
      how: 'fails',
      check: () => run('machine', 'start', 'unlucky'),
    });
    const started = await withEachCallWrong(['machine', 'start', 'unlucky'], {
      how: 'fails',
      step: 2,
      async check({ exitCode }, wrong) {
        const row = new RegExp(`^unlucky +${exitCode === 0 ? 'running' : 'stopped'} `, 'm');
        assert.match(await run('machine', 'list'), row, wrong);
        await run('machine', 'stop', 'unlucky', '--force');
      },
    });
    const deleted = await withEachCallWrong(['machine', 'delete', 'unlucky'], {
      how: 'fails',
      step: 2,
      async check(_outcome, wrong) {
        await run('machine', 'delete', 'unlucky');
        assert.deepEqual(await settledTraces(), noTraces, wrong);
        await run('machine', 'create', 'unlucky');
      },
    });
    assert.deepEqual(await settledTraces(), noTraces);
    const enough = created >= 8 && stopped >= 1 && started >= 3 && deleted >= 1;
    assert.ok(enough, `commands of create, stop, start, delete: ${[created, stopped, started, deleted].join()}`);
  });

  test('whose creation hangs in a command of the host name it', async () => {
    await withEachCallWrong(['machine', 'create', 'patient'], {
      how: 'hangs',
      step: 5,
      async check(outcome, wrong) {
        if (outcome.exitCode !== 0)
          assert.match(outcome.stderr, /"[^"]+": it did not end within 3 s and was killed/, wrong);
        await isUndone(outcome, wrong, 'patient');
      },
    });
    await run('machine', 'delete', 'patient');
    assert.deepEqual(await settledTraces(), noTraces);
  });

  test('of a cluster whose creation fails are kept for inspection, are named, and are deleted with it', async () => {
    const config = join(home, 'refused.yaml');
    writeFileSync(config, 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: [1]\n');
    const create = ['cluster', 'create', 'bad', '--workers', '0', '--config', config];
    const without = await startWith(commands.environment(1, 'fails'), ...create).outcome;
    assert.equal(without.exitCode, 1);
    assert.doesNotMatch(await run('cluster', 'list'), /bad/, 'without a machine there is nothing to look at');
    const failed = await start(...create).outcome;
    assert.equal(failed.exitCode, 1, failed.stderr);
    assert.match(
      failed.stderr,
      /What there is stays for a look: machines bad-control-plane; "typernetes cluster delete bad"/,
    );
    const again = await start(...create).outcome;
    assert.match(
      again.stderr,
      /Cannot create cluster "bad": it exists: it has not been finished, "typernetes cluster delete bad" removes/,
    );
    await run('cluster', 'delete', 'bad');
    assert.deepEqual(await settledTraces(), noTraces);
  });

  test('whose creators are killed are removed by the next creation', async () => {
    const creating = ['a', 'b', 'c'].map((name) => start('machine', 'create', name));
    await sleep(450);
    for (const { child } of creating) child.kill('SIGKILL');
    await Promise.all(creating.map(({ outcome }) => outcome));
    await run('machine', 'create', 'next');
    const left = tracesOf(home).machineFolders;
    const rows = await run('machine', 'list');
    for (const name of left) assert.match(rows, new RegExp(`^${name}\\s+running`, 'm'));
    await run('machine', 'delete', ...left);
    assert.deepEqual(await settledTraces(), noTraces);
    assert.equal(hostNetwork(), networkBefore);
  });
});
