import type { JsonObject } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { lastApplied } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { refuseNamesBesideSelector } from '../../resources/argument-problems.ts';
import { parseTargets } from '../../resources/arguments.ts';
import { Failures } from '../failures.ts';
import { usageError } from '../result.ts';
import { selectionFlags, selectObjects } from '../selected-objects.ts';

export const viewLastAppliedCommand = defineCommand({
  use: 'apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  flags: {
    ...selectionFlags,
    output: { type: 'string', short: 'o', help: 'Output format. Must be one of (yaml, json)', default: 'yaml' },
  } as const,
  async run({ flags, positional }, session) {
    // All of a type is what it is by itself, too.
    if (flags.all && flags.selector !== '')
      throw new Error(
        `found non-empty label selector ${JSON.stringify(flags.selector)} with previously set 'all' parameter. `,
      );
    if (flags.all && positional.length === 0 && !flags.filename)
      throw new Error('at least one resource must be specified to use a selector');
    if (flags.all && !flags.filename)
      refuseNamesBesideSelector(positional, await parseTargets(positional, session.resources));
    const missing = new Failures();
    const selected = await selectObjects({ args: positional, flags, failed: missing.addFirst }, session);
    if (missing.some) return missing.report(session);
    const applied = selected.map(({ object, source }) => {
      const written = lastApplied(object);
      // Upstream reports objects that were never applied only if a file names them.
      if (!written && source !== '')
        throw new Error(
          `error when no last-applied-configuration annotation found on resource: ${object.metadata.name}\n ${JSON.stringify(source)}: <nil>`,
        );
      return written;
    });
    for (const written of applied) if (written) session.io.out(shown(written, flags.output));
    return 0;
  },
});

function shown(written: JsonObject, format: string): string {
  if (format === 'yaml') return encodeYaml(written);
  if (format === 'json') return `${JSON.stringify(written, undefined, 2)}\n`;
  throw usageError(
    'apply view-last-applied',
    `Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`,
  );
}
