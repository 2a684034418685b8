import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, golden, type Ran, runOn } from '../testing/index.ts';
import { commands } from './main.ts';
import { pages } from './phase-help.ts';

const run = (...args: string[]): Promise<Ran> => runOn(new FakeHost(), new FakeCluster(), args);

/** The flags that all commands take; help shows them once. */
function briefly(text: string): string {
  const [first] = /Global Flags:\n {6}--add-dir-header(.*\n)+?\n/.exec(text) ?? [''];
  assert.match(first, / --rootfs string /);
  const [start, ...rest] = text.split(first);
  return `${start}${first}${rest.join('Global Flags: those of all commands\n\n')}`;
}

test('the help of every command shows its description, phases and flags', async () => {
  let text = (await run('--help')).out;
  const paths = commands.map(({ path }) => path);
  const groups = ['certs', 'certs renew', 'config', 'config images', 'config print', 'kubeconfig', 'token', 'upgrade'];
  for (const path of [...paths, ...groups].sort()) {
    const { code, out, err } = await run(...path.split(' '), '--help');
    assert.equal(code, 0, err);
    text += `\n==== kubeadm ${path}\n${out}`;
  }
  golden('help.txt', briefly(text));
});

test('the help of every phase shows its description and flags, and no other flags are accepted', async () => {
  let text = '';
  for (const { path, menu } of commands) {
    for (const { names } of menu ? pages(menu) : []) {
      const { code, out, err } = await run(...path.split(' '), ...names, '--help');
      assert.equal(code, 0, err);
      text += `==== kubeadm ${[path, ...names].join(' ')}\n${out}\n`;
    }
  }
  golden('phase-help.txt', briefly(text));
  const foreign = await run('init', 'phase', 'certs', 'sa', '--node-name', 'x');
  assert.match(foreign.err, /^error: unknown flag: --node-name\n/);
});

test('a single phase can write to other folders, and addon phases can only print their manifests', async () => {
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

test('command groups list their commands; wrong words are reported', async () => {
  const group = await run('upgrade');
  assert.equal(group.code, 1);
  assert.match(
    group.out,
    /^Upgrade your cluster smoothly to a newer version with this command\n\nUsage:\n {2}kubeadm upgrade \[flags\]\n {2}kubeadm upgrade \[command\]\n\nAvailable Commands:\n {2}apply {7}Upgrade your/,
  );
  assert.match(group.err, /^error: subcommand is required\n/);
  assert.equal((await run('config', 'images', '--help')).code, 0);
  for (const line of [
    ['help', 'certs'],
    ['certs', '-h'],
    ['certificates', '--help'],
  ]) {
    const { code, out } = await run(...line);
    assert.equal(code, 0);
    assert.match(out, /\nAliases:\n {2}certs, certificates\n\nAvailable Commands:\n[\s\S]* generate-csr /);
  }
  const wrong = await run('upgrade', 'everything');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /^error: unknown command "everything" for "kubeadm upgrade"\n/);
  assert.match(
    (await run('upgarde')).err,
    /^error: unknown command "upgarde" for "kubeadm"\n\nDid you mean this\?\n\tupgrade\n\n/,
  );
  assert.match((await run('init', '--nonsense')).err, /^error: unknown flag: --nonsense\n/);
});
