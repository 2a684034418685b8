import type { ApiObject } from '@typernetes/machinery';
import { lastApplied, lastAppliedAnnotation, withLastApplied } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { editObjects } from '../../editing/edit-objects.ts';
import { filenameFlags } from '../../manifests/read.ts';
import { fieldManagerFlag, printResult, resultFlags, validateFlag } from '../result.ts';
import { refOfSelected, selectObjects } from '../selected-objects.ts';

export const editLastAppliedCommand = defineCommand({
  use: 'apply edit-last-applied (RESOURCE/NAME | -f FILENAME)',
  short: 'Edit latest last-applied-configuration annotations of a resource/object',
  flags: {
    ...fieldManagerFlag('kubectl-client-side-apply'),
    ...filenameFlags,
    ...resultFlags,
    ...validateFlag,
    'windows-line-endings': {
      type: 'boolean',
      help: 'Accepted for the sake of scripts: lines end as the platform has it.',
      default: false,
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    const { output = '' } = flags;
    if (!['', 'json', 'kyaml', 'yaml'].includes(output))
      throw new Error(
        `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,kyaml,yaml`,
      );
    const selected = await selectObjects({ args: positional, flags }, session);
    return editObjects(selected, {
      json: flags.output === 'json',
      session,
      signal,
      view: ({ object }) => {
        const applied = lastApplied(object);
        if (!applied)
          throw new Error(
            'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`',
          );
        return applied;
      },
      async save(one, edited: ApiObject) {
        const text = withLastApplied(edited).metadata.annotations?.[lastAppliedAnnotation];
        const patch = { metadata: { annotations: { [lastAppliedAnnotation]: text } } };
        const object = await session.client
          .resource(one.type)
          .patch(refOfSelected(one), patch, { type: 'merge', fieldManager: flags['field-manager'] });
        printResult(session, { type: one.type, object }, { verb: 'edited', flags: { ...flags, output: undefined } });
      },
    });
  },
});
