import { flagUsage } from '@typernetes/process';
import { defineCommand, globalFlags } from '../command.ts';

export const optionsCommand = defineCommand({
  use: 'options',
  short: 'Print the list of flags inherited by all commands',
  flags: {},
  async run(_given, session) {
    const { help: _own, ...shown } = globalFlags;
    session.io.out(`The following options can be passed to any command:\n\n${flagUsage(shown)}`);
    return 0;
  },
});
