import { messagesOf } from '@typernetes/base';
import { type ApiObject, createMergePatch, createStrategicPatch, type JsonObject } from '@typernetes/machinery';
import type { AnyResource } from '../../resources/finder.ts';
import type { Session } from '../../session.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, printResult, resultFlags } from '../result.ts';
import { localFlag, refOfSelected, type SelectedObject, selectionFlags, selectObjects } from '../selected-objects.ts';

export const setFlags = {
  ...dryRunFlag,
  ...fieldManagerFlag('kubectl-set'),
  ...localFlag,
  ...resultFlags,
  ...selectionFlags,
} as const;

export interface SetFlags {
  readonly 'dry-run': string;
  readonly 'field-manager': string;
  readonly local: boolean;
  readonly output: string | undefined;
  readonly 'show-managed-fields': boolean;
  readonly filename: readonly string[] | undefined;
  readonly recursive: boolean;
  readonly selector: string;
  readonly all: boolean;
}

/**
 * Changes each object that was selected by what differs after `change`, which gets a copy of its own; says `TYPE/NAME verb` of those
 * that are other now. What cannot be changed is told, and the others go on; resolves to the exit code.
 */
export async function changeObjects(
  { args, flags, verb }: { args: readonly string[]; flags: SetFlags; verb: string },
  session: Session,
  change: (copy: JsonObject, selected: SelectedObject) => void | Promise<void>,
): Promise<number> {
  const dryRun = dryRunOf(flags['dry-run']);
  if (flags.local && dryRun === 'server') {
    throw new Error('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  }
  const failures: string[] = [];
  for (const selected of await selectObjects({ args, flags, local: flags.local }, session)) {
    const { type, object } = selected;
    const before = object as unknown as JsonObject;
    const after = structuredClone(before);
    try {
      await change(after, selected);
    } catch (error) {
      failures.push(`error: ${messagesOf(error)}`);
      continue;
    }
    const patch = await patchBetween(type, { before, after });
    if (Object.keys(patch.body).length === 0) continue;
    const changed =
      flags.local || dryRun === 'client'
        ? (after as unknown as ApiObject)
        : await session.client.resource(type).patch(refOfSelected(selected), patch.body, {
            type: patch.type,
            fieldManager: flags['field-manager'],
            dryRun: dryRun === 'server',
          });
    printResult(session, { type, object: changed }, { verb, dryRun, flags });
  }
  for (const failure of failures) session.io.err(`${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

/** Strategic for built-in kinds, whose lists merge by key; a merge patch for others. */
export async function patchBetween(
  type: AnyResource,
  { before, after }: { before: JsonObject; after: JsonObject },
): Promise<{ type: 'strategic' | 'merge'; body: JsonObject }> {
  const { schemaOfKind } = await import('@typernetes/api/schema');
  const schema = schemaOfKind({ group: type.group, version: type.version, kind: type.kind });
  return schema
    ? { type: 'strategic', body: createStrategicPatch(before, after, schema) }
    : { type: 'merge', body: createMergePatch(before, after) };
}
