import { filenameFlags } from '../manifests/read.ts';
import type { Session } from '../session.ts';
import type { Failures } from './failures.ts';
import { type SelectedObject, selectObjects, selectorFlag } from './selected-objects.ts';

export const rolloutSelection = { ...filenameFlags, ...selectorFlag } as const;

/** Reports files without objects, and selectors without matches. */
export function sayIfNone(
  found: readonly SelectedObject[],
  { failures, session }: { failures?: Failures; session: Session },
) {
  if (found.length === 0 && !failures?.some) session.io.err(`No resources found in ${session.namespace} namespace.\n`);
}

/** The objects that a `rollout` command is applied to; a type alone means all objects of it. */
export function selectRollouts(
  args: readonly string[],
  {
    flags,
    failures,
    session,
  }: {
    flags: { readonly filename: readonly string[] | undefined; readonly recursive: boolean; readonly selector: string };
    failures: Failures;
    session: Session;
  },
): Promise<SelectedObject[]> {
  if (args.length === 0 && !flags.filename) throw new Error('required resource not specified');
  return selectObjects({ args, flags: { ...flags, all: true }, failed: failures.add }, session);
}
