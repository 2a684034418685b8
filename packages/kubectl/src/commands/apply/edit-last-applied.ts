import type { ApiObject, JsonObject } from '@typernetes/machinery';
import { lastApplied, lastAppliedAnnotation, writtenText } from '../../apply/last-applied.ts';
import { defineCommand } from '../../command.ts';
import { editObjects } from '../../editing/edit-objects.ts';
import { filenameFlags } from '../../manifests/read.ts';
import { fieldValidation } from '../create.ts';
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
    const selected = await selectObjects({ args: positional, flags }, session);
    const { output = '' } = flags;
    for (const { object } of selected) appliedIn(object);
    if (!['', 'json', 'kyaml', 'yaml'].includes(output))
      throw new Error(
        `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,kyaml,yaml`,
      );
    return editObjects(selected, {
      json: flags.output === 'json',
      of: 'annotations',
      validate: fieldValidation(flags.validate) !== 'Ignore',
      session,
      signal,
      view: ({ object }) => appliedIn(object),
      async save(one, edited: ApiObject) {
        const text = writtenText(edited);
        const patch = { metadata: { annotations: { [lastAppliedAnnotation]: text } } };
        // Another name, or another kind, is another object.
        const type = await session.resources.byKind(edited.apiVersion ?? '', edited.kind ?? '');
        const ref = { ...refOfSelected(one), name: edited.metadata.name };
        await session.client.resource(type).patch(ref, patch, { type: 'merge', fieldManager: flags['field-manager'] });
        printResult(session, { type, object: edited }, { verb: 'edited', flags });
      },
    });
  },
});

/** What has been applied, by the annotation. Throws where there is none. */
function appliedIn(object: ApiObject): JsonObject {
  const applied = lastApplied(object);
  if (applied) return applied;
  throw new Error(
    'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`',
  );
}
