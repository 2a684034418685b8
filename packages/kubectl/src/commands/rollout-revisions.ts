import { type Deployment, deployments, type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import { formatLabelSelector, isControlledBy } from '@typernetes/machinery';
import { parseSingle } from '../resources/arguments.ts';
import type { Session } from '../session.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const changeCauseAnnotation = 'kubernetes.io/change-cause';

export interface Revision {
  readonly number: number;
  readonly replicaSet: ReplicaSet;
}

/** A deployment and its replica sets by revision, oldest first. */
export async function revisionsOf(
  args: readonly string[],
  session: Session,
): Promise<{ deployment: Deployment; revisions: Revision[] }> {
  const { type, name } = await parseSingle(args, session.resources);
  if (type.plural !== 'deployments') throw new Error(`no history viewer has been implemented for "${type.kind}"`);
  const { namespace, client } = session;
  const deployment = await client.resource(deployments).get({ name, namespace });
  const labelSelector = formatLabelSelector(deployment.spec.selector);
  const { items } = await client.resource(replicasets).list({ namespace, labelSelector });
  const revisions = items
    .filter((replicaSet) => isControlledBy(replicaSet, deployment))
    .map((replicaSet) => ({ number: Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0), replicaSet }))
    .sort((a, b) => a.number - b.number);
  return { deployment, revisions };
}
