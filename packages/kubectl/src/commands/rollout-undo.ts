import { messageOf } from '@typernetes/base';
import { type ApiObject, jsonEqual } from '@typernetes/machinery';
import { lastAppliedAnnotation } from '../apply/last-applied.ts';
import { defineCommand } from '../command.ts';
import type { Session } from '../session.ts';
import { printGenerated } from './create/generator.ts';
import { Failures } from './failures.ts';
import { type DryRun, dryRunFlag, dryRunOf, resultFlags } from './result.ts';
import {
  keepsRevisions,
  noRevisions,
  type Revision,
  revisionAnnotation,
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
  const isDeployment = type.plural === 'deployments';
  if (dryRun === 'client') {
    const text = await shownTemplate(revision.template);
    return isDeployment ? text : `will roll back to ${text}`;
  }
  if (isDeployment && workload.spec.paused) {
    throw new Error(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  }
  // As upstream: the revision that was asked for, which is 0 where none was.
  if (jsonEqual(withoutHash(revision.template) as never, withoutHash(workload.spec.template) as never))
    return `skipped rollback (current template already matches revision ${number})`;
  const resource = session.client.resource(type);
  const ref = refOfSelected(selected);
  const dry = { dryRun: dryRun === 'server' };
  const patched = isDeployment
    ? resource.patch(ref, patchTo(object, revision), { type: 'json', ...dry })
    : resource.patch(ref, revision.patch ?? {}, { type: 'strategic', ...dry });
  await patched.catch((error: unknown) => {
    throw new Error(`failed restoring revision ${number}: ${messageOf(error)}`);
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

/** Replica sets have a label more than the deployment's template. */
function withoutHash(template: Revision['template']): Revision['template'] {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } } as Revision['template'];
}

/** Annotations of a deployment that are its own, whatever the revision has. */
const keptAnnotations = new Set([
  lastAppliedAnnotation,
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]);

/** The template comes back, and so do the annotations that the revision had. */
function patchTo({ metadata }: ApiObject, { template, object }: Revision): object[] {
  const pick = (from: ApiObject['metadata'], kept: boolean): [string, string][] =>
    Object.entries(from.annotations ?? {}).filter(([name]) => keptAnnotations.has(name) === kept);
  const annotations = Object.fromEntries([...pick(metadata, true), ...pick(object.metadata, false)]);
  return [
    { op: 'replace', path: '/spec/template', value: withoutHash(template) },
    { op: 'replace', path: '/metadata/annotations', value: annotations },
  ];
}
