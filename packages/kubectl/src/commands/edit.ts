import type { JsonObject } from '@typernetes/machinery';
import { withLastApplied } from '../apply/last-applied.ts';
import { defineCommand } from '../command.ts';
import { editObjects } from '../editing/edit-objects.ts';
import { filenameFlags } from '../manifests/read.ts';
import { outputFormat } from '../printing/output-format.ts';
import { fieldValidation } from './create.ts';
import { Failures } from './failures.ts';
import { recorded } from './record.ts';
import { fieldManagerFlag, printResult, recordFlag, resultFlags, saveConfigFlag, validateFlag } from './result.ts';
import { refOfSelected, type SelectedObject, selectObjects } from './selected-objects.ts';
import { patchBetween } from './set/changed-objects.ts';

export const editCommand = defineCommand({
  use: 'edit (RESOURCE/NAME | -f FILENAME)',
  short: 'Edit a resource on the server',
  flags: {
    ...fieldManagerFlag('kubectl-edit'),
    ...filenameFlags,
    ...recordFlag,
    ...resultFlags,
    ...saveConfigFlag,
    ...validateFlag,
    'output-patch': { type: 'boolean', help: 'Output the patch if the resource is edited.', default: false },
    subresource: {
      type: 'string',
      help: 'If specified, edit will operate on the subresource of the requested object.',
      default: '',
    },
    'windows-line-endings': {
      type: 'boolean',
      help: 'Accepted for the sake of scripts: lines end as the platform has it.',
      default: false,
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    fieldValidation(flags.validate);
    const failures = new Failures();
    const selecting = { args: positional, flags, allOfType: true, failed: failures.add };
    const selected = await selectObjects(selecting, session);
    if (failures.some) return failures.report(session);
    if (selected.length === 0) throw new Error('edit cancelled, no objects found');
    const format = flags.output ?? '';
    if (!['', 'json', 'yaml'].includes(format))
      throw new Error(
        `unable to match a printer suitable for the output format ${JSON.stringify(outputFormat(format).written)}, allowed formats are: json,kyaml,yaml`,
      );
    const { subresource } = flags;
    const view = ({ object }: SelectedObject): object => {
      const { managedFields: _hidden, ...metadata } = object.metadata;
      return { ...object, metadata };
    };
    return editObjects(selected, {
      json: flags.output === 'json',
      of: 'objects',
      validate: fieldValidation(flags.validate) !== 'Ignore',
      session,
      signal,
      view,
      async save(one, edited) {
        const before = view(one) as unknown as JsonObject;
        const kept = flags['save-config'] ? withLastApplied(edited) : edited;
        const after = recorded(kept, session) as unknown as JsonObject;
        const patch = await patchBetween(one.type, { before, after });
        if (flags['output-patch']) session.io.out(`Patch: ${JSON.stringify(patch.body)}\n`);
        const object = await session.client.resource(one.type).patch(refOfSelected(one), patch.body, {
          type: patch.type,
          fieldManager: flags['field-manager'],
          fieldValidation: fieldValidation(flags.validate),
          ...(subresource ? { subresource } : {}),
        });
        const { 'output-patch': _printed, ...rest } = flags;
        printResult(session, { type: one.type, object }, { verb: 'edited', flags: { ...rest, output: undefined } });
      },
    });
  },
});
