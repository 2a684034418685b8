import { defineCommand } from '../command.ts';
import { filenameFlags, readManifests, refOf } from '../manifests/read.ts';
import { parseTargets, printedName } from '../resources/arguments.ts';

export const scaleCommand = defineCommand({
  use: 'scale --replicas=COUNT (-f FILENAME | TYPE NAME)',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  flags: {
    ...filenameFlags,
    'current-replicas': { type: 'number', help: 'Precondition for current size.', default: -1 },
    replicas: { type: 'number', help: 'The new desired number of replicas. Required.' },
  } as const,
  async run({ flags, positional }, session) {
    const { replicas } = flags;
    if (replicas === undefined || replicas < 0) {
      throw new Error('required flag(s) "replicas" not set');
    }
    const targets = flags.filename
      ? (await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session)).map(
          ({ type, name }) => ({ type, names: [name] }),
        )
      : await parseTargets(positional, session.resources);
    if (targets.length === 0) throw new Error('you must specify one or more resources');
    for (const { type, names } of targets) {
      if (!names) throw new Error('resource(s) were provided, but no name was specified');
      const client = session.client.resource(type);
      for (const name of names) {
        const ref = refOf({ name, namespace: session.namespace });
        if (flags['current-replicas'] >= 0) {
          const scale = (await client.get(ref)) as unknown as { spec?: { replicas?: number } };
          if (scale.spec?.replicas !== flags['current-replicas']) {
            throw new Error(`Expected replicas to be ${flags['current-replicas']}, was ${scale.spec?.replicas}`);
          }
        }
        await client.patch(
          ref,
          { spec: { replicas } },
          { type: 'merge', subresource: 'scale', fieldManager: 'kubectl' },
        );
        session.io.out(`${printedName(type, name)} scaled\n`);
      }
    }
    return 0;
  },
});
