import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '@typernetes/api/apps/v1';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { type ApiObject, findCondition } from '@typernetes/machinery';
import { nodeVerdict } from './node-verdict.ts';
import { podVerdict } from './pod-verdict.ts';
import { type Verdict, verdict } from './verdict.ts';
import {
  cronJobVerdict,
  daemonSetVerdict,
  deploymentVerdict,
  jobVerdict,
  replicaSetVerdict,
  statefulSetVerdict,
} from './workload-verdict.ts';

const byKind: Readonly<Record<string, (object: ApiObject) => Verdict>> = {
  ' Pod': (object) => podVerdict(object as Pod),
  ' Node': (object) => nodeVerdict(object as Node),
  'apps Deployment': (object) => deploymentVerdict(object as Deployment),
  'apps ReplicaSet': (object) => replicaSetVerdict(object as ReplicaSet),
  'apps StatefulSet': (object) => statefulSetVerdict(object as StatefulSet),
  'apps DaemonSet': (object) => daemonSetVerdict(object as DaemonSet),
  'batch Job': (object) => jobVerdict(object as Job),
  'batch CronJob': (object) => cronJobVerdict(object as CronJob),
};

interface WithConditions {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  };
}

/** How any object is, as far as its kind, or a condition that many kinds have, tells. */
export function objectVerdict(
  { group, kind }: { group: string; kind: string },
  object: ApiObject,
): Verdict | undefined {
  const known = byKind[`${group} ${kind}`];
  if (known) return known(object);
  if (object.metadata.deletionTimestamp !== undefined) {
    const { finalizers = [] } = object.metadata;
    return verdict(
      'busy',
      'Terminating',
      finalizers.length > 0 ? `Finalizers hold it: ${finalizers.join(', ')}` : undefined,
    );
  }
  const { status } = object as WithConditions;
  if (!Array.isArray(status?.conditions)) return undefined;
  for (const type of ['Ready', 'Available', 'Established']) {
    const found = findCondition([...status.conditions], type);
    if (found?.status === 'True') return verdict('ok', type);
    if (found) return verdict(found.status === 'False' ? 'bad' : 'busy', `Not${type}`, found.message ?? found.reason);
  }
  return undefined;
}
