import { isNotFound } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { printedName } from '../resources/arguments.ts';
import { fieldValidation } from './create.ts';
import { untilGone } from './deletion.ts';

export const replaceCommand = defineCommand({
  use: 'replace -f FILENAME',
  short: 'Replace a resource by file name or stdin',
  flags: {
    ...filenameFlags,
    force: { type: 'boolean', help: 'Delete the resource and create it again.', default: false },
    validate: {
      type: 'string',
      help: 'Must be one of: strict (or true), warn, ignore (or false).',
      default: 'strict',
      valueWhenBare: 'strict',
    },
  } as const,
  async run({ flags }, session, signal) {
    if (!flags.filename) throw new Error('must specify --filename to replace');
    const options = { fieldManager: 'kubectl-replace', fieldValidation: fieldValidation(flags.validate), signal };
    for (const manifest of await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session)) {
      const { type, object, source, name } = manifest;
      const client = session.client.resource(type);
      if (flags.force) {
        const current = await client.get(refOf(manifest)).catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
        if (current) {
          await client.delete(refOf(manifest), { gracePeriodSeconds: 0 });
          session.io.out(`${printedName(type, name)} deleted\n`);
          await untilGone(
            { type, ref: refOf(manifest), uid: current.metadata.uid },
            { session, signal, timeoutMs: undefined },
          );
        }
        await inFile({ source, what: 'creating' }, () => client.create(object, options));
      } else {
        await inFile({ source, what: 'replacing' }, async () => {
          // Without a version of its own the file means "whatever is there now".
          const given = object.metadata.resourceVersion;
          const resourceVersion = given ?? (await client.get(refOf(manifest))).metadata.resourceVersion;
          return client.update({ ...object, metadata: { ...object.metadata, resourceVersion } }, options);
        });
      }
      session.io.out(`${printedName(type, name)} replaced\n`);
    }
    return 0;
  },
});
