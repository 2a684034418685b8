import assert from 'node:assert/strict';
import { commands } from '../commands/main.ts';
import { pages } from '../commands/phase-help.ts';
import type { PhaseMenu } from '../commands/phase-menu.ts';
import type { FakeCluster } from './fake-cluster.ts';
import type { FakeHost } from './fake-host.ts';
import { runOn } from './run.ts';

/** The paths of all phases that can be run alone, in order, without groups. */
function runnable(command: string): string[] {
  const menu = commands.find(({ path }) => path === `${command} phase`)?.menu as PhaseMenu;
  return pages(menu)
    .filter(({ names, choices }) => names.length > 0 && choices.length === 0 && names.at(-1) !== 'all')
    .map(({ names }) => names.join(' '));
}

/** Runs a command phase by phase, each with its own command line, and returns what each printed and wrote. */
export async function phaseByPhase(
  of: { command: string; args?: (phase: string) => readonly string[] },
  { host, cluster }: { host: FakeHost; cluster: FakeCluster },
): Promise<string> {
  let shown = '';
  for (const phase of runnable(of.command)) {
    const before = new Map(host.texts);
    const args = [...of.command.split(' '), 'phase', ...phase.split(' '), ...(of.args?.(phase) ?? [])];
    const { code, out, err } = await runOn(host, cluster, args);
    assert.equal(code, 0, `${phase}: ${err}`);
    const written = [...host.texts].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
    const removed = [...before.keys()].filter((path) => !host.texts.has(path));
    shown += `==== kubeadm ${of.command} phase ${phase}\n${out}${err}`;
    shown += [...written.map((path) => `+ ${path}\n`), ...removed.map((path) => `- ${path}\n`)].sort().join('');
  }
  return shown;
}
