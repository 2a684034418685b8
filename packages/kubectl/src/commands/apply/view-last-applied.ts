import { encodeYaml } from '@typernetes/process';
import { lastApplied } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { selectionFlags, selectObjects } from '../selected-objects.ts';

export const viewLastAppliedCommand = defineCommand({
  use: 'apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  flags: {
    ...selectionFlags,
    output: { type: 'string', short: 'o', help: 'Output format. Must be one of (yaml, json)', default: 'yaml' },
  } as const,
  async run({ flags, positional }, session) {
    const print = { yaml: encodeYaml, json: (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n` }[
      flags.output as 'yaml'
    ];
    if (!print)
      throw new Error(
        `Unexpected -o output mode: ${flags.output}, the flag 'output' must be one of yaml|json\nSee 'kubectl apply view-last-applied -h' for help and examples`,
      );
    for (const { object } of await selectObjects({ args: positional, flags }, session)) {
      const applied = lastApplied(object);
      // Upstream prints nothing for what was never applied.
      if (applied) session.io.out(print(applied));
    }
    return 0;
  },
});
