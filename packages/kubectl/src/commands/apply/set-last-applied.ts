import { type ApiObject, jsonEqual } from '@typernetes/machinery';
import { lastApplied, lastAppliedAnnotation, writtenText } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { described, inFile } from '../../manifests/in-file.ts';
import { type ManifestObject, readManifests, refOf } from '../../manifests/read.ts';
import type { Session } from '../../session.ts';
import { Failures } from '../failures.ts';
import { dryRunFlag, dryRunOf, printResult, resultFlags } from '../result.ts';
import { noResources, readObject } from '../selected-objects.ts';

export const setLastAppliedCommand = defineCommand({
  use: 'apply set-last-applied -f FILENAME',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  formatFirst: true,
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
    const changes: (readonly [ManifestObject, ApiObject])[] = [];
    const missing = new Failures();
    let list: object | undefined;
    for (const manifest of await readManifests({ filenames: flags.filename, recursive: false }, session)) {
      // The other items of a list are looked at all the same.
      if (missing.some && manifest.list !== list) break;
      list = manifest.list ?? manifest;
      const current = await currentOf(manifest, session).catch(missing.add);
      if (!current) continue;
      const before = lastApplied(current);
      if (!before && !flags['create-annotation']) {
        throw new Error(
          `no last-applied-configuration annotation found on resource: ${manifest.name}, to create the annotation, run the command with --create-annotation`,
        );
      }
      if (before && jsonEqual(before, manifest.object))
        session.io.out(`set-last-applied ${manifest.name}: no changes required.\n`);
      else changes.push([manifest, current]);
    }
    if (missing.some) return missing.report(session);
    for (const [manifest, current] of changes) {
      const { type } = manifest;
      const annotations = { [lastAppliedAnnotation]: writtenText(manifest.object) };
      const object =
        dryRun === 'client'
          ? current
          : await session.client
              .resource(type)
              .patch(refOf(manifest), { metadata: { annotations } }, { type: 'merge', dryRun: dryRun === 'server' });
      printResult(session, { type, object }, { verb: 'configured', dryRun, flags });
    }
    return 0;
  },
});

/** What is missing is told as it is; all else with the file that asked for it. */
function currentOf(manifest: ManifestObject, session: Session): Promise<ApiObject> {
  const { type, name = '', namespace, source } = manifest;
  const info = described({ type, name, ...(namespace ? { namespace } : {}) });
  const what = `retrieving current configuration of:\n${info}\nfrom server for:`;
  return inFile({ source, what, exceptMissing: true }, () => readObject({ type, ref: refOf(manifest) }, session));
}
