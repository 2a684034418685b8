import type { ControllerRevision } from '@typernetes/api/apps/v1';
import type { PodSpec } from '@typernetes/api/core/v1';
import { type ApiObject, isControlledBy } from '@typernetes/machinery';

interface SetRevision {
  readonly revision: ControllerRevision;
  /** What the set is to be now: going back gives an old revision the highest number. */
  readonly isCurrent: boolean;
  readonly images: readonly string[];
  readonly cause: string | undefined;
}

/** The history of a StatefulSet or DaemonSet, the latest first. */
export function setRevisionsOf(set: ApiObject, revisions: readonly ControllerRevision[]): readonly SetRevision[] {
  return revisions
    .filter((one) => isControlledBy(one, set))
    .sort((a, b) => b.revision - a.revision)
    .map((revision, at) => ({
      revision,
      isCurrent: at === 0,
      images: imagesIn(revision),
      cause: revision.metadata.annotations?.['kubernetes.io/change-cause'],
    }));
}

function imagesIn({ data }: ControllerRevision): readonly string[] {
  const { spec } = (data ?? {}) as { spec?: { template?: { spec?: PodSpec } } };
  return (spec?.template?.spec?.containers ?? []).map(({ image = '' }) => image);
}
