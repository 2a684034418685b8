import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { imageRepository, version } from '@typernetes/base';
import { defaultPodSubnet } from '../config/defaults.ts';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';
import { commands } from './main.ts';
import { pages } from './phase-help.ts';

/** A flag as shown by help. */
interface ShownFlag {
  readonly short: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

/** A command as shown by help: its usage, description and flags. */
interface ShownCommand {
  readonly use: string;
  readonly about: string;
  readonly flags: Readonly<Record<string, ShownFlag>>;
}

/**
 * Upstream's command line, of testdata/surface-v1.36.txt: first its flags, one a line (`name | shorthand | type | default | text`, `-` for none; a name with a number stands for a
 * flag of that name which says something else), then its commands (`usage | description | flags`; what help goes on to say is left to each).
 */
function upstream(): Map<string, ShownCommand> {
  const text = readFileSync(new URL('../testdata/surface-v1.36.txt', import.meta.url), 'utf8');
  const [flagLines = '', commandLines = ''] = text.split('\n\n');
  const rows = (lines: string): string[][] =>
    lines
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.split(' | '));
  const flags = new Map(
    rows(flagLines).map(([name = '', short = '', type = '', fallback = '', said = '']) => [
      name,
      {
        short: short.replace('-', ''),
        type: type.replace('bool', ''),
        fallback: fallback === '-' ? '' : fallback,
        text: said.replaceAll('\\n', '\n'),
      },
    ]),
  );
  return new Map(
    rows(commandLines).map(([use = '', about = '', names = '']) => {
      const taken = names.split(' ').filter((name) => name !== '');
      const shown = taken.map((name) => {
        const flag = flags.get(name);
        assert.ok(flag, name);
        return [name.replace(/#\d$/, ''), flag] as const;
      });
      return [use.replace(/ (\[|SHELL).*/, ''), { use, about, flags: Object.fromEntries(shown) }];
    }),
  );
}

/** Parses a help page in upstream's layout. */
function shownBy(help: string): ShownCommand {
  const [, use = ''] = /^Usage:\n {2}(.*)$/m.exec(help) ?? [];
  const [, list = ''] = /^Flags:\n((?: {2,}.*\n)+)/m.exec(help) ?? [];
  const lines = list.replaceAll(/\n {20,}(?=\S)/g, '\\n').split('\n');
  const flags = lines.flatMap((line) => {
    const match = /^ {2}(?:-(\w), | {4})--([\w-]+)(?: ([\w]+))? {3,}(.*?)(?: \(default ([^()]*)\))?$/.exec(line);
    if (!match) return [];
    const [, short = '', name = '', type = '', text = '', fallback = ''] = match;
    return [[name, { short, type, fallback, text: text.replaceAll('\\n', '\n') }] as const];
  });
  return { use, about: help.trimStart().split('\n')[0] ?? '', flags: Object.fromEntries(flags) };
}

/** Our additional flags: upstream's phases lack this information, or do nothing without it. */
const more: Readonly<Record<string, string>> = {
  'kubeadm init phase wait-control-plane': 'config dry-run',
  'kubeadm init phase show-join-command': 'config dry-run kubeconfig skip-token-print',
  'kubeadm join phase control-plane-prepare kubeconfig': 'apiserver-bind-port',
  'kubeadm join phase kubelet-start': 'control-plane',
  'kubeadm join phase wait-control-plane':
    'apiserver-advertise-address apiserver-bind-port config control-plane dry-run',
  'kubeadm reset phase preflight': 'config',
  'kubeadm reset phase remove-etcd-member': 'config',
  'kubeadm reset phase cleanup-node': 'config',
  'kubeadm upgrade node phase preflight': 'dry-run kubeconfig',
};

/** Our own defaults; README.md gives the reasons. */
const ownDefaults: Readonly<Record<string, string>> = {
  'kubernetes-version': JSON.stringify(version),
  'image-repository': JSON.stringify(imageRepository),
  'pod-network-cidr': JSON.stringify(defaultPodSubnet),
};

const run = (...args: string[]): Promise<Ran> => runOn(new FakeHost(), new FakeCluster(), args);

async function ours(): Promise<Map<string, ShownCommand>> {
  const groups = ['certs', 'certs renew', 'config', 'config images', 'config print', 'kubeconfig', 'token', 'upgrade'];
  const paths = [
    ...groups,
    ...commands.flatMap(({ path, menu }) => [
      path,
      ...(menu ? pages(menu).flatMap(({ names }) => (names.length > 0 ? [[path, ...names].join(' ')] : [])) : []),
    ]),
  ];
  const shown = new Map<string, ShownCommand>();
  for (const path of paths.sort()) shown.set(`kubeadm ${path}`, shownBy((await run(...path.split(' '), '--help')).out));
  return shown;
}

test("every command and phase has upstream's usage, description and flags, by name, shorthand, type, default and text", async () => {
  const [wanted, found] = [upstream(), await ours()];
  assert.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort());
  for (const [path, command] of found) {
    const beyond = (more[path] ?? '').split(' ');
    const flags = Object.entries(command.flags).filter(([name]) => name !== 'help' && !beyond.includes(name));
    const expected = wanted.get(path);
    const adapted = Object.entries(expected?.flags ?? {}).map(([name, flag]) => {
      const fallback = ownDefaults[name];
      return [name, fallback === undefined ? flag : { ...flag, fallback }] as const;
    });
    assert.deepEqual(
      { ...command, flags: Object.fromEntries(flags) },
      { ...expected, flags: Object.fromEntries(adapted) },
      path,
    );
  }
});

test('the additional flags exist', async () => {
  const found = await ours();
  for (const [path, names] of Object.entries(more)) {
    const taken = Object.keys(found.get(path)?.flags ?? {});
    for (const name of names.split(' ')) assert.ok(taken.includes(name), `${path} --${name}`);
  }
});
