import { type FlagSpec, type FlagSpecs, formatDuration } from '@typernetes/process';
import { aliases, commandTable } from '../commands/command-table.ts';
import { globalFlags } from '../global-flags.ts';
import { type Plugin, pluginShort, pluginsOn, wordsOf } from '../plugins/plugins.ts';
import { commandGroups, lastSection, mainSections, pluginSection } from './groups.ts';
import { helpPages } from './pages.ts';

const optionsHint = 'Use "kubectl options" for a list of global command-line options (applies to all commands).\n';

/** The help of a command, of a group of commands, or without words of the program, in upstream's layout, with the plugins on a PATH. */
export async function helpText(words: string, path?: string): Promise<string> {
  if (words === '') return mainHelp(path);
  const command = Object.hasOwn(commandTable, words) ? await commandTable[words]?.() : undefined;
  const members = await membersOf(words);
  const { text, examples = [] } = helpPages[words] ?? { text: `${command?.short ?? ''}.` };
  const others = namesOf(words);
  // Of these flags only the namespace keeps its shorthand.
  const globals = (command?.shownGlobals ?? []).map((name) => {
    const { type, help } = globalFlags[name];
    return [name, name === 'namespace' ? globalFlags[name] : { type, help }] as const;
  });
  const flags = command ? optionsText({ ...command.flags, ...Object.fromEntries(globals) }) : '';
  const use = command?.use ?? commandGroups[words]?.use ?? words;
  const example = ([remark, line]: readonly [string, string]): string => `  # ${remark}\n  ${line}\n`;
  return [
    `${text.replaceAll('\n\n', '\n\n ')}\n\n`,
    others.length > 1 ? `Aliases:\n${others.join(', ')}\n\n` : '',
    examples.length > 0 ? `Examples:\n${examples.map(example).join('  \n')}\n` : '',
    members.length > 0 ? `Available Commands:\n${listed(members)}\n` : '',
    flags === '' ? '' : `Options:\n${flags}`,
    // A group without action and arguments has no usage line.
    use === '' ? '' : `Usage:\n  kubectl ${use}${use.includes('[options]') ? '' : ' [options]'}\n\n`,
    members.length > 0 ? `Use "kubectl ${words} <command> --help" for more information about a given command.\n` : '',
    use === '' ? '' : optionsHint,
  ].join('');
}

async function mainHelp(path: string | undefined): Promise<string> {
  const plugins = await pluginsOn(path);
  const sections = await Promise.all(
    mainSections.map(async ([title, names]) => ({
      title,
      commands: title === pluginSection ? pluginCommands(plugins) : await Promise.all(names.map(shortOf)),
    })),
  );
  const width = longest(sections.flatMap(({ commands }) => commands));
  return [
    'kubectl controls the Kubernetes cluster manager.\n\n',
    ' Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n',
    ...sections.map(({ title, commands }) => `${title}:\n${listed(commands, width)}\n`),
    'Usage:\n  kubectl [flags] [options]\n\n',
    'Use "kubectl <command> --help" for more information about a given command.\n',
    optionsHint,
  ].join('');
}

/** A line for each plugin, by its first word, but for those that can never run; of commands of the last section upstream knows nothing there. */
function pluginCommands(plugins: readonly Plugin[]): Listed[] {
  const known = new Set(mainSections.filter(([title]) => title !== lastSection).flatMap(([, commands]) => commands));
  return plugins
    .map((plugin) => wordsOf(plugin)[0] ?? '')
    .filter((name) => !known.has(name))
    .map((name) => ({ name, short: pluginShort(name) }));
}

interface Listed {
  readonly name: string;
  readonly short: string;
}

/** The commands that are one word longer. */
async function membersOf(words: string): Promise<Listed[]> {
  const names = Object.keys({ ...commandTable, ...commandGroups })
    .filter((name) => name.startsWith(`${words} `) && !name.slice(words.length + 1).includes(' ') && !isAlias(name))
    .sort();
  return Promise.all(names.map(shortOf));
}

const isAlias = (name: string): boolean => name === 'config use';

async function shortOf(words: string): Promise<Listed> {
  const name = words.slice(words.lastIndexOf(' ') + 1);
  const short = commandGroups[words]?.short ?? (await commandTable[words]?.())?.short ?? '';
  return { name, short };
}

const longest = (commands: readonly Listed[]): number => Math.max(11, ...commands.map(({ name }) => name.length));

function listed(commands: readonly Listed[], width = longest(commands)): string {
  return commands.map(({ name, short }) => `  ${name.padEnd(width + 3)}${short}\n`).join('');
}

/** The last word of the command, and its aliases. */
function namesOf(words: string): string[] {
  const name = words.slice(words.lastIndexOf(' ') + 1);
  if (words === 'config use-context') return [name, 'use'];
  const same = Object.keys(aliases).filter((alias) => aliases[alias] === words && words.includes(' '));
  return [name, ...same.map((alias) => alias.slice(alias.lastIndexOf(' ') + 1)).sort((a, b) => b.length - a.length)];
}

/** Flags with their defaults, each with its text on the line below. */
export function optionsText(specs: FlagSpecs): string {
  return Object.entries(specs)
    .filter(([, spec]) => !spec.hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => {
      const short = spec.short ? `-${spec.short}, ` : '';
      return `    ${short}--${name}=${spec.shownDefault ?? shownDefault(spec as FlagSpec)}:\n\t${spec.help}\n\n`;
    })
    .join('');
}

function shownDefault({ type, default: value }: FlagSpec): string {
  switch (type) {
    case 'string':
      return `'${value ?? ''}'`;
    case 'boolean':
      return String(value ?? false);
    case 'number':
      return String(value ?? 0);
    case 'duration':
      return formatDuration((value as number | undefined) ?? 0);
    default:
      return `[${Array.isArray(value) ? value.join(',') : ''}]`;
  }
}
