import { type ApiObject, jsonEqual } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { printGenerated } from './create/generator.ts';
import { Failures } from './failures.ts';
import { type DryRun, dryRunFlag, dryRunOf, resultFlags } from './result.ts';
import {
  changeCauseAnnotation,
  keepsRevisions,
  noRevisions,
  type Revision,
  revisionsOf,
  shownTemplate,
  type Workload,
} from './rollout-revisions.ts';
import { rolloutSelection, selectRollouts } from './rollout-selection.ts';
import { refOfSelected, type SelectedObject } from './selected-objects.ts';

export const rolloutUndoCommand = defineCommand({
  use: 'rollout undo (TYPE NAME | TYPE/NAME) [flags]',
  short: 'Undo a previous rollout',
  flags: {
    ...dryRunFlag,
    ...resultFlags,
    ...rolloutSelection,
    'to-revision': { type: 'number', help: 'The revision to go back to; 0: the one before the last.', default: 0 },
  } as const,
  async run({ flags, positional }, session) {
    const dryRun = dryRunOf(flags['dry-run']);
    const failures = new Failures();
    for (const selected of await selectRollouts(positional, { flags, failures, session })) {
      try {
        const verb = await undo(selected, { number: flags['to-revision'], dryRun, session });
        await printGenerated(session, selected, { verb, dryRun, flags, apart: true });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** Resolves to what is said of it. */
async function undo(
  selected: SelectedObject,
  { number, dryRun, session }: { number: number; dryRun: DryRun; session: Session },
): Promise<string> {
  const { type, object } = selected;
  const workload = object as Workload;
  if (!keepsRevisions(type)) throw noRevisions(type, 'rollbacker');
  const revision = revisionToTake(await revisionsOf(selected, session), { number, selected });
  if (workload.spec.paused) {
    throw new Error(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  }
  const isDeployment = type.plural === 'deployments';
  if (dryRun === 'client') {
    const text = await shownTemplate(revision.template);
    return isDeployment ? text : `will roll back to ${text}`;
  }
  const template = isDeployment ? withoutHash(revision) : revision.template;
  if (!isDeployment && jsonEqual(template as never, workload.spec.template as never))
    return `skipped rollback (current template already matches revision ${revision.number})`;
  await session.client
    .resource(type)
    .patch(refOfSelected(selected), patchTo(object, { template, cause: revision.cause }), {
      type: 'json',
      fieldManager: 'kubectl-rollout',
      dryRun: dryRun === 'server',
    });
  return 'rolled back';
}

function revisionToTake(
  revisions: readonly Revision[],
  { number, selected }: { number: number; selected: SelectedObject },
): Revision {
  if (number < 0) throw new Error(`unable to find specified revision ${number} in history`);
  const found = number > 0 ? revisions.find((revision) => revision.number === number) : revisions.at(-2);
  if (found) return found;
  if (number > 0) throw new Error(`unable to find specified revision ${number} in history`);
  const { name } = selected.object.metadata;
  throw new Error(
    selected.type.plural === 'deployments'
      ? `no rollout history found for deployment ${JSON.stringify(name)}`
      : 'no last revision to roll back to',
  );
}

function withoutHash({ template }: Revision): Revision['template'] {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } } as Revision['template'];
}

/** A test on the version keeps the patch from undoing somebody else's change. */
function patchTo(
  { metadata }: ApiObject,
  { template, cause }: { template: Revision['template']; cause: string | undefined },
): object[] {
  const annotations = metadata.annotations
    ? []
    : [{ op: 'add', path: '/metadata/annotations', value: {} as Record<string, string> }];
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'replace', path: '/spec/template', value: template },
    ...(cause === undefined
      ? []
      : [
          ...annotations,
          { op: 'add', path: `/metadata/annotations/${changeCauseAnnotation.replace('/', '~1')}`, value: cause },
        ]),
  ];
}
