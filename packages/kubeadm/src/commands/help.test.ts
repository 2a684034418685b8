import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, golden, type Ran, runOn } from '../testing/index.ts';
import { commands } from './main.ts';
import { pages } from './phase-help.ts';

const run = (...args: string[]): Promise<Ran> => runOn(new FakeHost(), new FakeCluster(), args);

test('every command says what it does, its phases and its flags', async () => {
  let text = (await run('--help')).out;
  for (const { path } of [...commands].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const { code, out, err } = await run(...path.split(' '), '--help');
    assert.equal(code, 0, err);
    text += `\n==== kubeadm ${path}\n${out}`;
  }
  golden('help.txt', text);
});

test('every phase says what it does and which flags it takes, and takes no others', async () => {
  let text = '';
  for (const { path, menu } of commands) {
    for (const { names } of menu ? pages(menu) : []) {
      const { code, out, err } = await run(...path.split(' '), ...names, '--help');
      assert.equal(code, 0, err);
      text += `==== kubeadm ${[path, ...names].join(' ')}\n${out}\n`;
    }
  }
  golden('phase-help.txt', text);
  const foreign = await run('init', 'phase', 'certs', 'sa', '--node-name', 'x');
  assert.match(foreign.err, /^error: unknown flag: --node-name\n/);
});

test('a phase that runs by itself may write elsewhere, and addons may only be shown', async () => {
  const host = new FakeHost();
  const phase = (...args: string[]): Promise<Ran> => runOn(host, new FakeCluster(), ['init', 'phase', ...args]);
  assert.equal((await phase('certs', 'ca')).code, 0);
  const { code, err } = await phase('kubeconfig', 'scheduler', '--kubeconfig-dir', '/elsewhere');
  assert.equal(code, 0, err);
  assert.ok(host.written.includes('/elsewhere/scheduler.conf'));
  const { out } = await phase('addon', 'kube-proxy', '--print-manifest');
  assert.match(out, /^---\n[\s\S]*kind: DaemonSet/);
  assert.doesNotMatch(out, /Applied essential addon/);
});

test('groups of commands list them, mistakes are named', async () => {
  const group = await run('upgrade');
  assert.equal(group.code, 1);
  assert.match(
    group.out,
    /^Upgrade your cluster smoothly to a newer version with this command\n\nUsage:\n {2}kubeadm upgrade \[command\]\n\nAvailable Commands:\n {2}apply +Upgrade your/,
  );
  assert.equal((await run('config', 'images', '--help')).code, 0);
  assert.match((await run('help', 'certs')).out, /generate-csr/);
  const wrong = await run('upgrade', 'everything');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /invalid subcommand: "everything"\nSee 'kubeadm upgrade -h' for help and examples\n/);
  assert.match((await run('upgarde')).err, /^error: unknown command "upgarde" for "kubeadm"\n/);
  assert.match((await run('init', '--nonsense')).err, /^error: unknown flag: --nonsense\n/);
});
