import { defineCommand } from '../command.ts';
import { globalFlags } from '../global-flags.ts';
import { optionsText } from '../help/help.ts';

export const optionsCommand = defineCommand({
  use: 'options',
  short: 'Print the list of flags inherited by all commands',
  flags: {},
  runOffline(_given, { io, environment }) {
    const { help: _own, ...all } = globalFlags;
    const home = environment.HOME ?? '';
    const cache = { ...all['cache-dir'], shownDefault: `'${home}/.kube/cache'` };
    const shown = { ...all, 'cache-dir': cache };
    io.out(`The following options can be passed to any command:\n\n${optionsText(shown)}`);
    return 0;
  },
  async run() {
    return 0;
  },
});
