import type { ControllerRevision } from '@typernetes/api/apps/v1';
import type { PodTemplateSpec } from '@typernetes/api/core/v1';
import {
  type ApiObject,
  canonicalJson,
  controllerReference,
  type Draft,
  jsonEqual,
  objectHash,
  type ResourceType,
} from '@typernetes/machinery';

/** An owner that keeps a history of its template in ControllerRevisions. */
export interface Revised {
  readonly owner: ApiObject;
  readonly ownerType: ResourceType<ApiObject>;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number;
  /** The label that carries a revision's hash. */
  readonly hashLabel: string;
}

interface RevisionPlan {
  /** The name of the revision of the current template, and the hash in it. */
  readonly name: string;
  readonly hash: string;
  readonly create?: Draft<ControllerRevision>;
  /** An old revision whose template has come back: it becomes the newest. */
  readonly promote?: ControllerRevision;
}

export function planRevision(revised: Revised, history: readonly ControllerRevision[]): RevisionPlan {
  const { owner, ownerType, template, collisionCount, hashLabel } = revised;
  const data = dataOf(template);
  const newest = Math.max(0, ...history.map(({ revision }) => revision));
  const found = [...history].sort((a, b) => b.revision - a.revision).find((one) => jsonEqual(one.data, data));
  if (found) {
    const { name, labels } = found.metadata;
    const is = { name, hash: labels?.[hashLabel] ?? '' };
    return found.revision === newest ? is : { ...is, promote: { ...found, revision: newest + 1 } };
  }
  const hash = objectHash([data, collisionCount]);
  const { namespace } = owner.metadata;
  const name = `${owner.metadata.name.slice(0, 223)}-${hash}`;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const annotations = { ...owner.metadata.annotations };
  const ownerReferences = [controllerReference(owner, ownerType)];
  return {
    name,
    hash,
    create: { metadata: { name, namespace, labels, annotations, ownerReferences }, data, revision: newest + 1 },
  };
}

/**
 * The data of a revision: the patch that restores the template. As upstream's, its keys are sorted: kubectl compares
 * this text with its own text of the template, to see whether there is anything to roll back.
 */
function dataOf(template: PodTemplateSpec): Record<string, unknown> {
  const patch = { spec: { template: { ...template, $patch: 'replace' } } };
  return JSON.parse(canonicalJson(patch)) as typeof patch;
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { template } = (revision.data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec;
  const { $patch: _, ...kept } = template;
  return kept;
}

/** Revisions beyond the limit (a `revisionHistoryLimit`) that nothing uses any more, oldest first. */
export function expiredRevisions(
  history: readonly ControllerRevision[],
  {
    limit = 10,
    inUse,
  }: { readonly limit: number | undefined; readonly inUse: (revision: ControllerRevision) => boolean },
): readonly ControllerRevision[] {
  const idle = history.filter((revision) => !inUse(revision));
  const excess = idle.length - limit;
  return excess > 0 ? [...idle].sort((a, b) => a.revision - b.revision).slice(0, excess) : [];
}
