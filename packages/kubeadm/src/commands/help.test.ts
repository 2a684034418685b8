import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, golden, type Ran, runOn } from '../testing/index.ts';
import { commands } from './main.ts';

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

test('groups of commands list them, mistakes are named', async () => {
  const group = await run('upgrade');
  assert.equal(group.code, 1);
  assert.match(group.out, /^Usage:\n {2}kubeadm upgrade \[command\]\n\nAvailable Commands:\n {2}apply +Upgrade your/);
  assert.equal((await run('config', 'images', '--help')).code, 0);
  assert.match((await run('help', 'certs')).out, /generate-csr/);
  const wrong = await run('upgrade', 'everything');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /invalid subcommand: "everything"\nSee 'kubeadm upgrade -h' for help and examples\n/);
  assert.match((await run('upgarde')).err, /^error: unknown command "upgarde" for "kubeadm"\n/);
  assert.match((await run('init', '--nonsense')).err, /^error: unknown flag: --nonsense\n/);
});
