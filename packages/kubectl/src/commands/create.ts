import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, readManifests } from '../manifests/read.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { printedName } from '../resources/arguments.ts';
import { usageError } from './result.ts';

export const createCommand = defineCommand({
  use: 'create -f FILENAME',
  short: 'Create a resource from a file or from stdin',
  flags: {
    ...filenameFlags,
    'dry-run': {
      type: 'string',
      help: 'Must be "none", "server", or "client".',
      default: 'none',
      valueWhenBare: 'unchanged',
    },
    output: { type: 'string', short: 'o', help: 'Output format.' },
    validate: {
      type: 'string',
      help: 'Must be one of: strict (or true), warn, ignore (or false).',
      default: 'strict',
      valueWhenBare: 'strict',
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    if (!flags.filename) {
      if (positional.length > 0) throw usageError('create', `Unexpected args: [${positional.join(' ')}]`);
      throw new Error('must specify one of -f and -k');
    }
    const objects = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
    const print = objectPrinter(flags.output);
    const dry = flags['dry-run'];
    for (const { type, object, source } of objects) {
      const created =
        dry === 'client'
          ? object
          : await inFile({ source, what: 'creating' }, () =>
              session.client.resource(type).create(object, {
                fieldManager: 'kubectl-create',
                fieldValidation: fieldValidation(flags.validate),
                dryRun: dry === 'server',
                signal,
              }),
            );
      const suffix = dry === 'none' ? '' : ` (${dry === 'client' ? 'dry run' : 'server dry run'})`;
      if (print) session.io.out(print([{ type, object: created }], false));
      else session.io.out(`${printedName(type, created.metadata.name)} created${suffix}\n`);
    }
    return 0;
  },
});

export function fieldValidation(flag: string): 'Strict' | 'Warn' | 'Ignore' {
  if (flag === 'ignore' || flag === 'false') return 'Ignore';
  return flag === 'warn' ? 'Warn' : 'Strict';
}
