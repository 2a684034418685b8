import { type FlagSpecs, flagUsage } from '@typernetes/process';
import type { PhaseExample } from '../phase.ts';
import { type Command, globalFlags } from './command.ts';
import { flagsOfPage, phasePage } from './phase-help.ts';

/** Words that lead to commands and are none themselves, as upstream describes them. */
const groups: Readonly<Record<string, string>> = {
  '': '\n    kubeadm: Easily bootstrap a secure Kubernetes cluster\n',
  certs: 'Commands related to handling Kubernetes certificates',
  config: 'Manage configuration for a kubeadm cluster persisted in a ConfigMap in the cluster',
  'config images': 'Interact with container images used by kubeadm',
  'certs renew': 'Renew certificates for a Kubernetes cluster',
  'config print': 'Print configuration',
  help: 'Help about any command',
  kubeconfig: 'Kubeconfig file utilities',
  token: 'Manage bootstrap tokens',
  upgrade: 'Upgrade your cluster smoothly to a newer version with this command',
};

/** Of groups that do nothing as a whole, in upstream's words. */
const notByItself = 'This command is not meant to be run on its own. See list of available subcommands.';

type Listed = readonly { readonly name: string; readonly short: string }[];

/** The commands below a group: those that begin with its words. */
export const commandsBelow = (commands: readonly Command[], path: readonly string[]): Command[] =>
  commands.filter((command) => path.length === 0 || command.path.startsWith(`${path.join(' ')} `));

/** Other names that groups go by. */
const aliases: Readonly<Record<string, string>> = { certs: 'certificates' };

/** What `kubeadm certs --help` prints. */
export function groupHelp(commands: readonly Command[], path: readonly string[]): string {
  const below = commandsBelow(commands, path);
  const words = below.map((command) => command.path.split(' ')[path.length] ?? '');
  const names = [...new Set(path.length === 0 ? [...words, 'help'] : words)].sort();
  const listed = names.map((name) => {
    const full = [...path, name].join(' ');
    const short = commands.find((command) => command.path === full)?.short ?? groups[full] ?? '';
    return { name, short };
  });
  const of = ['kubeadm', ...path].join(' ');
  const about = path.join(' ') === 'certs renew' ? notByItself : (groups[path.join(' ')] ?? '');
  if (path.length === 0) return page({ about, use: [`${of} [command]`], listed, of, flags: globalFlags });
  const taken = sharedFlags(below);
  // Flags of a whole group are the group's own; those above it are inherited.
  const own = path.length === 1 ? taken : {};
  const inherited = path.length === 1 ? {} : taken;
  const alias = aliases[path.join(' ')];
  return page({
    about,
    use: [`${of} [flags]`, `${of} [command]`],
    ...(alias === undefined ? {} : { alias: `${path.join(' ')}, ${alias}` }),
    listed,
    of,
    flags: own,
    inherited,
  });
}

/** The flags that all commands of a group take because the group does. */
export const sharedFlags = ([first]: readonly Command[]): FlagSpecs =>
  first ? picked(first.flags, first.groupFlags ?? []) : {};

const picked = (flags: FlagSpecs, names: readonly string[]): FlagSpecs =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name)));

const without = (flags: FlagSpecs, names: readonly string[]): FlagSpecs =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => !names.includes(name)));

/** What a command prints for `--help`; for one that runs phases, that of the phase which was named. `all` are the commands there are. */
export function commandHelp(command: Command, names: readonly string[], all: readonly Command[]): string {
  const of = `kubeadm ${command.path}`;
  if (!command.menu) {
    const below = commandsBelow(all, command.path.split(' '));
    const group = command.groupFlags ?? [];
    return page({
      about: `${command.short}\n${command.more?.() ?? ''}`,
      use: below.length > 0 ? [command.use, `${of} [command]`] : [command.use],
      listed: below.map(({ path, short }) => ({ name: path.slice(command.path.length + 1), short })),
      of,
      flags: without(command.flags, group),
      inherited: picked(command.flags, group),
    });
  }
  const found = phasePage(command.menu, names) ?? phasePage(command.menu, []);
  if (!found) return '';
  const full = [of, ...found.names].join(' ');
  const { argument: after } = command.menu;
  const argument = after && found.flags.includes(after.with) ? ` ${after.shown}` : '';
  const isGroup = found.choices.length > 0;
  const use = isGroup ? [`${full} [flags]`, `${full} [command]`] : [`${full}${argument} [flags]`];
  const { aliases: others = [], examples = [], onlyParts = false } = found.help;
  return page({
    about: `${onlyParts ? notByItself : found.short || command.short}\n`,
    use,
    ...(others.length === 0 ? {} : { alias: [found.names.at(-1), ...others].join(', ') }),
    examples: onlyParts ? [] : examples,
    listed: found.choices,
    of: full,
    flags: flagsOfPage(found, command.flags),
  });
}

/** A page in the layout of Go's cobra. */
function page(of: {
  readonly about: string;
  readonly use: readonly string[];
  readonly alias?: string;
  readonly examples?: readonly PhaseExample[];
  readonly listed: Listed;
  readonly of: string;
  readonly flags: FlagSpecs;
  readonly inherited?: FlagSpecs;
}): string {
  const { help, ...everywhere } = globalFlags;
  const own = { ...of.flags, help: { ...help, help: `help for ${of.of.split(' ').at(-1)}` } };
  const parts = [`Usage:\n${of.use.map((line) => `  ${line}\n`).join('')}`];
  if (of.alias !== undefined) parts.push(`Aliases:\n  ${of.alias}\n`);
  if (of.examples?.length) {
    parts.push(`Examples:\n${of.examples.map(({ what, line }) => `  # ${what}\n  kubeadm ${line}\n`).join('  \n')}`);
  }
  if (of.listed.length > 0) parts.push(`Available Commands:\n${rows(of.listed)}`);
  parts.push(`Flags:\n${flagUsage(own)}`);
  if (of.of !== 'kubeadm') parts.push(`Global Flags:\n${flagUsage({ ...everywhere, ...of.inherited })}`);
  if (of.listed.length > 0) {
    parts.push(`Use "${of.of} [command] --help" for more information about a command.\n`);
  }
  return `${of.about.endsWith('\n') ? of.about : `${of.about}\n`}\n${parts.join('\n')}`;
}

function rows(listed: Listed): string {
  const width = Math.max(11, ...listed.map(({ name }) => name.length)) + 1;
  return listed.map(({ name, short }) => `  ${name.padEnd(width)}${short}\n`).join('');
}
