import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { PodTemplateSpec } from '@typernetes/api/core/v1';
import { isControlledBy } from '@typernetes/machinery';

interface Revision {
  readonly number: number;
  readonly replicaSet: ReplicaSet;
  /** Whether its template is the deployment's. */
  readonly isCurrent: boolean;
  readonly images: readonly string[];
  readonly cause: string | undefined;
}

const annotation = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';

/** The deployment's replica sets as its history, the latest first. */
export function revisionsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revision[] {
  const current = deployment.metadata.annotations?.[annotation];
  return replicaSets
    .filter((one) => isControlledBy(one, deployment))
    .map((replicaSet) => {
      const { annotations = {} } = replicaSet.metadata;
      return {
        number: Number(annotations[annotation] ?? 0),
        replicaSet,
        isCurrent: annotations[annotation] === current,
        images: (replicaSet.spec?.template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
        cause: annotations['kubernetes.io/change-cause'],
      };
    })
    .sort((a, b) => b.number - a.number);
}

/** The template to go back to: the replica set's without the label that its controller has added. */
export function templateOf({ spec }: ReplicaSet): PodTemplateSpec {
  const { metadata = {}, ...rest } = spec?.template ?? {};
  const { [hashLabel]: _added, ...labels } = metadata.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels } } as PodTemplateSpec;
}
