import type { Pod } from '@typernetes/api/core/v1';
import { controllerOf } from '@typernetes/machinery';

/** What a user allows a drain to do. */
export interface DrainAllowances {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
  /** Pods that have been going for longer than these seconds are left alone; 0 for never. */
  readonly skipWaitForDeleteTimeout: number;
}

export interface DrainPlan {
  readonly pods: readonly Pod[];
  /** Why pods stand in the way, each once, with their names. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

type Verdict =
  | { readonly delete: true; readonly warning?: string }
  | { readonly delete: false; readonly refusal?: string; readonly warning?: string };

/** Which pods of a node go, and what is to be said about the others. `daemonSetExists` knows the DaemonSets that are there. */
export function planDrain(
  pods: readonly Pod[],
  allowances: DrainAllowances,
  { now, daemonSetExists }: { now: number; daemonSetExists: (namespace: string, name: string) => boolean },
): DrainPlan {
  const going: Pod[] = [];
  const refusals = new Map<string, string[]>();
  const warnings = new Map<string, string[]>();
  const note = (notes: Map<string, string[]>, text: string, pod: Pod): void => {
    const { namespace, name } = pod.metadata;
    notes.set(text, [...(notes.get(text) ?? []), `${namespace}/${name}`]);
  };
  for (const pod of pods) {
    let keep = false;
    let warning: string | undefined;
    for (const judge of [skipDeleted, daemonSet, mirror, localStorage, unreplicated]) {
      const verdict = judge(pod, { ...allowances, now, daemonSetExists });
      // As upstream: only what the last judge warns of is told.
      warning = verdict.warning;
      if (verdict.delete) continue;
      keep = true;
      if (verdict.refusal) note(refusals, verdict.refusal, pod);
      break;
    }
    if (warning) note(warnings, warning, pod);
    if (!keep) going.push(pod);
  }
  const lines = (notes: ReadonlyMap<string, string[]>): string[] =>
    [...notes].map(([text, names]) => `${text}: ${names.join(', ')}`).sort();
  return { pods: going, refusals: lines(refusals), warnings: lines(warnings) };
}

interface Circumstances extends DrainAllowances {
  readonly now: number;
  readonly daemonSetExists: (namespace: string, name: string) => boolean;
}

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Whether a pod has been going for longer than these seconds; never where they are 0. */
export function isLongGoing({ metadata }: Pod, { seconds, now }: { seconds: number; now: number }): boolean {
  const { deletionTimestamp } = metadata;
  return (
    seconds > 0 && deletionTimestamp !== undefined && Math.trunc((now - Date.parse(deletionTimestamp)) / 1000) > seconds
  );
}

function skipDeleted(pod: Pod, { skipWaitForDeleteTimeout: seconds, now }: Circumstances): Verdict {
  return { delete: !isLongGoing(pod, { seconds, now }) };
}

function daemonSet(pod: Pod, { ignoreDaemonSets, force, daemonSetExists }: Circumstances): Verdict {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'DaemonSet' || !owner.apiVersion.startsWith('apps/') || isFinished(pod)) return { delete: true };
  if (!daemonSetExists(pod.metadata.namespace ?? '', owner.name)) {
    const missing = `daemonsets.apps ${JSON.stringify(owner.name)} not found`;
    return force ? { delete: true, warning: missing } : { delete: false, refusal: `cannot delete ${missing}` };
  }
  return ignoreDaemonSets
    ? { delete: false, warning: 'ignoring DaemonSet-managed Pods' }
    : { delete: false, refusal: 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
}

function mirror({ metadata }: Pod): Verdict {
  return { delete: metadata.annotations?.['kubernetes.io/config.mirror'] === undefined };
}

function localStorage(pod: Pod, { deleteEmptyDirData }: Circumstances): Verdict {
  if (!pod.spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined) || isFinished(pod)) return { delete: true };
  return deleteEmptyDirData
    ? { delete: true, warning: 'deleting Pods with local storage' }
    : { delete: false, refusal: 'cannot delete Pods with local storage (use --delete-emptydir-data to override)' };
}

function unreplicated(pod: Pod, { force }: Circumstances): Verdict {
  if (isFinished(pod) || controllerOf(pod)) return { delete: true };
  return force
    ? { delete: true, warning: 'deleting Pods that declare no controller' }
    : {
        delete: false,
        refusal: 'cannot delete cannot delete Pods that declare no controller (use --force to override)',
      };
}
