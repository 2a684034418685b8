import { lastApplied, lastAppliedAnnotation, writtenText } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { readManifests, refOf } from '../../manifests/read.ts';
import { dryRunFlag, dryRunOf, printResult, resultFlags } from '../result.ts';
import { noResources } from '../selected-objects.ts';

export const setLastAppliedCommand = defineCommand({
  use: 'apply set-last-applied -f FILENAME',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  flags: {
    ...dryRunFlag,
    ...resultFlags,
    'create-annotation': {
      type: 'boolean',
      help: "Will create 'last-applied-configuration' annotations if current objects doesn't have one",
      default: false,
    },
    filename: {
      type: 'list',
      short: 'f',
      help: 'Filename, directory, or URL to files that contains the last-applied-configuration annotations',
    },
  } as const,
  async run({ flags }, session) {
    if (!flags.filename) throw new Error(noResources);
    const dryRun = dryRunOf(flags['dry-run']);
    for (const manifest of await readManifests({ filenames: flags.filename, recursive: false }, session)) {
      const { type, name } = manifest;
      const client = session.client.resource(type);
      const current = await client.get(refOf(manifest));
      const before = lastApplied(current);
      if (!before && !flags['create-annotation']) {
        throw new Error(
          `no last-applied-configuration annotation found on resource: ${name}, to create the annotation, run the command with --create-annotation`,
        );
      }
      const annotations = { [lastAppliedAnnotation]: writtenText(manifest.object) };
      if (annotations[lastAppliedAnnotation] === current.metadata.annotations?.[lastAppliedAnnotation]) {
        session.io.out(`set-last-applied ${name}: no changes required.\n`);
        continue;
      }
      const object =
        dryRun === 'client'
          ? current
          : await client.patch(
              refOf(manifest),
              { metadata: { annotations } },
              { type: 'merge', dryRun: dryRun === 'server' },
            );
      printResult(session, { type, object }, { verb: 'configured', dryRun, flags });
    }
    return 0;
  },
});
