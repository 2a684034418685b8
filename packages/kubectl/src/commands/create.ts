import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, readManifests } from '../manifests/read.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { printedName } from '../resources/arguments.ts';
import { generatedObject } from './create-generators.ts';

export const createCommand = defineCommand({
  use: 'create (-f FILENAME | namespace NAME | configmap NAME ... | secret generic NAME ... | serviceaccount NAME | deployment NAME --image=IMAGE)',
  short: 'Create a resource from a file or from stdin',
  flags: {
    ...filenameFlags,
    'dry-run': {
      type: 'string',
      help: 'Must be "none", "server", or "client".',
      default: 'none',
      valueWhenBare: 'unchanged',
    },
    'from-file': { type: 'list', help: 'Key files to use in a configmap or secret.', default: [] },
    'from-literal': {
      type: 'list',
      help: 'Key and literal value (i.e. mykey=somevalue) of a configmap or secret.',
      default: [],
    },
    image: { type: 'list', help: 'Image names of a deployment to run.', default: [] },
    output: { type: 'string', short: 'o', help: 'Output format.' },
    replicas: { type: 'number', short: 'r', help: 'Number of replicas of a deployment.', default: 1 },
    type: { type: 'string', help: 'The type of a secret.', default: 'Opaque' },
    validate: {
      type: 'string',
      help: 'Must be one of: strict (or true), warn, ignore (or false).',
      default: 'strict',
      valueWhenBare: 'strict',
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    const objects = flags.filename
      ? await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session)
      : [await generatedObject(positional, flags, session)];
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
