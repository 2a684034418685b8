import { type ControllerRevision, type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import { controllerReference, type Draft, objectHash } from '@typernetes/machinery';
import { sameJson } from '../same-json.ts';
import { revisionLabel } from './plan.ts';

/** What a revision keeps: the patch that brings the template back. */
function dataOf({ spec }: DaemonSet): Record<string, unknown> {
  return { spec: { template: { ...spec.template, $patch: 'replace' } } };
}

export interface RevisionPlan {
  /** Of the current template. */
  readonly hash: string;
  readonly create?: Draft<ControllerRevision>;
  /** An old revision whose template has come back: it becomes the newest. */
  readonly promote?: ControllerRevision;
}

export function planRevision(daemonSet: DaemonSet, history: readonly ControllerRevision[]): RevisionPlan {
  const data = dataOf(daemonSet);
  const newest = Math.max(0, ...history.map(({ revision }) => revision));
  const found = history.find((one) => sameJson(one.data, data));
  if (found) {
    const hash = found.metadata.labels?.[revisionLabel] ?? '';
    return found.revision === newest ? { hash } : { hash, promote: { ...found, revision: newest + 1 } };
  }
  const hash = objectHash([data, daemonSet.status?.collisionCount ?? 0]);
  const { name, namespace } = daemonSet.metadata;
  return {
    hash,
    create: {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...daemonSet.spec.template.metadata?.labels, [revisionLabel]: hash },
        annotations: { ...daemonSet.metadata.annotations },
        ownerReferences: [controllerReference(daemonSet, daemonsets)],
      },
      data,
      revision: newest + 1,
    },
  };
}

/** Revisions beyond the limit that no pod runs any more, oldest first. */
export function expiredRevisions(
  daemonSet: DaemonSet,
  history: readonly ControllerRevision[],
  inUse: ReadonlySet<string | undefined>,
): readonly ControllerRevision[] {
  const idle = history.filter(({ metadata }) => !inUse.has(metadata.labels?.[revisionLabel]));
  const excess = idle.length - (daemonSet.spec.revisionHistoryLimit ?? 10);
  return excess > 0 ? [...idle].sort((a, b) => a.revision - b.revision).slice(0, excess) : [];
}
