import { messagesOf } from '@typernetes/base';
import {
  type ApiObject,
  createMergePatch,
  createStrategicPatch,
  type JsonObject,
  reasonOf,
} from '@typernetes/machinery';
import type { AnyResource } from '../../resources/any-resource.ts';
import type { Session } from '../../session.ts';
import { printGenerated } from '../create/generator.ts';
import { Failures } from '../failures.ts';
import { recorded } from '../record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, resultFlags } from '../result.ts';
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

interface Change {
  readonly args: readonly string[];
  readonly flags: SetFlags;
  readonly verb: string;
  /** Throws for what cannot be asked for; the objects are looked for first, as upstream has it. */
  readonly check?: () => void;
  /** What stands before the server's words when it refuses. */
  readonly failure: string;
  /** What is said to `--local` without files, where it is not {@link onlyFiles}. */
  readonly nothingLocal?: string;
  /** Tell of objects that are as they were too. */
  readonly always?: boolean;
}

/** What is said to `--local` without files. */
export const onlyFiles = `you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'`;

/** What is wrong with one object, told apart from those that name it themselves. */
export class ObjectProblem extends Error {
  override readonly name = 'ObjectProblem';
}

/**
 * Changes each object that was selected by what differs after `change`, which gets a copy of its own; says `TYPE/NAME verb` of those
 * that are other now. What cannot be changed is told, and the others go on; resolves to the exit code.
 */
export async function changeObjects(
  { args, flags, verb, check, failure, nothingLocal = onlyFiles, always = false }: Change,
  session: Session,
  change: (copy: JsonObject, selected: SelectedObject) => void | Promise<void>,
): Promise<number> {
  const dryRun = dryRunOf(flags['dry-run']);
  if (flags.local && dryRun === 'server') {
    throw new Error('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  }
  const failures: string[] = [];
  const missing = new Failures();
  const found = await selectObjects(
    { args, flags, local: flags.local, onlyFiles: nothingLocal, failed: missing.add },
    session,
  );
  if (missing.some) return missing.report(session);
  check?.();
  for (const selected of found) {
    const { type, object } = selected;
    const before = object as unknown as JsonObject;
    const after = structuredClone(recorded(object, session)) as unknown as JsonObject;
    try {
      await change(after, selected);
    } catch (error) {
      const where =
        error instanceof ObjectProblem
          ? ''
          : `${flags.local ? type.singular : type.plural}/${object.metadata.name ?? ''} `;
      failures.push(`error: ${where}${messagesOf(error)}`);
      continue;
    }
    const patch = await patchBetween(type, { before, after });
    if (Object.keys(patch.body).length === 0 && !always) continue;
    const here = flags.local || dryRun === 'client';
    try {
      const changed = here
        ? (after as unknown as ApiObject)
        : await session.client.resource(type).patch(refOfSelected(selected), patch.body, {
            type: patch.type,
            fieldManager: flags['field-manager'],
            dryRun: dryRun === 'server',
          });
      await printGenerated(session, { type, object: changed }, { verb, dryRun, flags });
    } catch (error) {
      if (!reasonOf(error)) throw error;
      failures.push(`error: ${failure} ${messagesOf(error)}`);
    }
  }
  for (const failure of failures) session.io.err(`${failure.replace(/\n$/, '')}\n`);
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
    ? { type: 'strategic', body: createStrategicPatch(before, after, { schema }) }
    : { type: 'merge', body: createMergePatch(before, after) };
}
