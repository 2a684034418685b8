import type { Pod } from '@typernetes/api/core/v1';

/**
 * Which of a workload's pods are preferred: those on a node before others, running before unknown before pending, ready before not ready, ready
 * for longer, and of older ones first. What is equal keeps its place. With `restarted` (for logs) those with more restarts come before the
 * others, else after them. As upstream's `ByLogging` and `ActivePods` (kubectl/pkg/util/podutils).
 */
export function byPreference({ restarted }: { restarted: boolean }): (a: Pod, b: Pod) => number {
  return (a, b) =>
    Number(unassigned(a)) - Number(unassigned(b)) ||
    phaseRank(a) - phaseRank(b) ||
    Number(readySince(a) === undefined) - Number(readySince(b) === undefined) ||
    earlier(readySince(a), readySince(b)) ||
    (restarts(b) - restarts(a)) * (restarted ? 1 : -1) ||
    earlier(a.metadata.creationTimestamp, b.metadata.creationTimestamp);
}

const unassigned = (pod: Pod): boolean => !pod.spec?.nodeName;

const ranks: Readonly<Record<string, number>> = { Running: 0, Unknown: 1, Pending: 2 };
/** Unknown phases have the same rank as the first one in upstream's list. */
const phaseRank = ({ status }: Pod): number => ranks[status?.phase ?? ''] ?? 0;

/** When the pod became ready: '' if unknown, undefined if it is not ready. */
function readySince({ status }: Pod): string | undefined {
  const ready = status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  return ready && (ready.lastTransitionTime ?? '');
}

/** Compares the API's timestamps; missing ones come last. */
function earlier(a = '', b = ''): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  return a < b ? -1 : 1;
}

const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
