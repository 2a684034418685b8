import { type FlagSpecs, flagUsage } from '@typernetes/process';
import { type Command, globalFlags } from './command.ts';
import { flagsOfPage, phasePage } from './phase-help.ts';

/** Words that lead to commands and are none themselves, as upstream describes them. */
const groups: Readonly<Record<string, string>> = {
  '': '\n    kubeadm: Easily bootstrap a secure Kubernetes cluster\n',
  certs: 'Commands related to handling Kubernetes certificates',
  config: 'Manage configuration for a kubeadm cluster persisted in a ConfigMap in the cluster',
  'config images': 'Interact with container images used by kubeadm',
  'config print': 'Print configuration',
  help: 'Help about any command',
  kubeconfig: 'Kubeconfig file utilities',
  token: 'Manage bootstrap tokens',
  upgrade: 'Upgrade your cluster smoothly to a newer version with this command',
};

type Listed = readonly { readonly name: string; readonly short: string }[];

/** The commands below a group: those that begin with its words. */
export const commandsBelow = (commands: readonly Command[], path: readonly string[]): Command[] =>
  commands.filter((command) => path.length === 0 || command.path.startsWith(`${path.join(' ')} `));

/** What `kubeadm certs --help` prints. */
export function groupHelp(commands: readonly Command[], path: readonly string[]): string {
  const words = commandsBelow(commands, path).map((command) => command.path.split(' ')[path.length] ?? '');
  const names = [...new Set(path.length === 0 ? [...words, 'help'] : words)].sort();
  const listed = names.map((name) => {
    const full = [...path, name].join(' ');
    const short = commands.find((command) => command.path === full)?.short ?? groups[full] ?? '';
    return { name, short };
  });
  const use = ['kubeadm', ...path].join(' ');
  return page({ about: groups[path.join(' ')] ?? '', use: [`${use} [command]`], listed, of: use, flags: {} });
}

/** What a command prints for `--help`; for one that runs phases, that of the phase which was named. */
export function commandHelp(command: Command, names: readonly string[]): string {
  const of = `kubeadm ${command.path}`;
  if (!command.menu) {
    const about = `${command.short}\n${command.more?.() ?? ''}`;
    return page({ about, use: [command.use], listed: [], of, flags: command.flags });
  }
  const found = phasePage(command.menu, names) ?? phasePage(command.menu, []);
  if (!found) return '';
  const full = [of, ...found.names].join(' ');
  const argument = command.menu.argument ? ` ${command.menu.argument}` : '';
  const isGroup = found.choices.length > 0;
  const use = isGroup ? [`${full} [command]`] : [`${full}${argument} [flags]`];
  const about = `${found.short || command.short}\n`;
  return page({ about, use, listed: found.choices, of: full, flags: flagsOfPage(found, command.flags) });
}

function page(of: {
  readonly about: string;
  readonly use: readonly string[];
  readonly listed: Listed;
  readonly of: string;
  readonly flags: FlagSpecs;
}): string {
  const { v, help } = globalFlags;
  const own = { ...of.flags, help: { ...help, help: `help for ${of.of.split(' ').at(-1)}` } };
  const parts = [`Usage:\n${of.use.map((line) => `  ${line}\n`).join('')}`];
  if (of.listed.length > 0) parts.push(`Available Commands:\n${rows(of.listed)}`);
  parts.push(`Flags:\n${flagUsage(own)}`, `Global Flags:\n${flagUsage({ v })}`);
  if (of.listed.length > 0) {
    parts.push(`Use "${of.of} [command] --help" for more information about a command.\n`);
  }
  return `${of.about.endsWith('\n') ? of.about : `${of.about}\n`}\n${parts.join('\n')}`;
}

function rows(listed: Listed): string {
  const width = Math.max(...listed.map(({ name }) => name.length)) + 1;
  return listed.map(({ name, short }) => `  ${name.padEnd(width)}${short}\n`).join('');
}
