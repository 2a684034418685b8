import { defineCommand } from '../command.ts';
import { completionScripts } from '../completion/scripts.ts';
import { usageError } from './result.ts';

export const completionCommand = defineCommand({
  use: 'completion SHELL',
  short: 'Output shell completion code for the specified shell (bash, zsh, fish, or powershell)',
  flags: {},
  runOffline({ positional }, { io }) {
    const [shell, ...more] = positional;
    if (shell === undefined) throw usageError('completion', 'Shell not specified.');
    if (more.length > 0) throw usageError('completion', 'Too many arguments. Expected only the shell type.');
    const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined;
    if (script === undefined) throw usageError('completion', `Unsupported shell type ${JSON.stringify(shell)}.`);
    io.out(script);
    return 0;
  },
  async run() {
    return 0;
  },
});
