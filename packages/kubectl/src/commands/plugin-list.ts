import { messagesOf } from '@typernetes/base';
import { defineCommand } from '../command.ts';
import { asGoSays } from '../error-text.ts';
import { isCommand } from '../find-command.ts';
import { pluginsOn } from '../plugins/plugins.ts';
import { aliases } from './command-table.ts';

export const pluginListCommand = defineCommand({
  use: 'plugin list [flags]',
  short: "List all visible plugin executables on a user's PATH",
  flags: {
    'name-only': {
      type: 'boolean',
      help: 'If true, display only the binary name of each plugin, rather than its full path',
      default: false,
    },
  } as const,
  async run({ flags }, { io, environment }) {
    const plugins = await pluginsOn(environment.PATH, (folder, error) => {
      const why = asGoSays(messagesOf(error)).replace(/^scandir /, 'open ');
      io.err(`Unable to read directory ${JSON.stringify(folder)} from your PATH: ${why}. Skipping...\n`);
    });
    if (plugins.length === 0) throw new Error('unable to find any kubectl plugins in your PATH');
    io.out('The following compatible plugins are available:\n\n');
    let warnings = 0;
    const warn = (text: string, what = 'warning'): void => {
      warnings++;
      io.err(`  - ${what}: ${text}\n`);
    };
    const seen = new Map<string, string>();
    for (const plugin of plugins) {
      const { name, path, executable, problem } = plugin;
      io.out(`${flags['name-only'] ? name : path}\n`);
      if (problem !== undefined)
        warn(`unable to identify ${path} as an executable file: ${asGoSays(problem)}`, 'error');
      else if (!executable) warn(`${path} identified as a kubectl plugin, but it is not executable`);
      const earlier = seen.get(name);
      if (earlier !== undefined) warn(`${path} is overshadowed by a similarly named plugin: ${earlier}`);
      else seen.set(name, path);
      const command = overwritten(name);
      if (command !== undefined) warn(`${name} overwrites existing command: ${JSON.stringify(command)}`);
    }
    if (warnings === 0) return 0;
    throw new Error(warnings === 1 ? 'one plugin warning was found' : `${warnings} plugin warnings were found`);
  },
});

/** The command that shadows the plugin, which therefore never runs. Without words it is the program itself. */
function overwritten(name: string): string | undefined {
  const [, ...words] = name.split('-');
  if (words.join('') === '') return 'kubectl';
  let command = '';
  for (const word of words) {
    const longer = command === '' ? word : `${command} ${word}`;
    if (!isCommand(longer)) break;
    command = aliases[longer] ?? longer;
  }
  return command === '' ? undefined : `kubectl ${command}`;
}
