import type { Pod } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';
import { inDeletionOrder } from '../pods/deletion-order.ts';
import { type FailureRecord, waitAfter } from './back-off.ts';
import { completionsReached, endOf, type JobEnd, timeLeft } from './end.ts';
import type { JobFacts } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './index-set.ts';
import { failuresBefore, finishedAt, indexOf, isIndexed, isLeaving, type PodWish, replacesOnlyFailed } from './pods.ts';

/** The maximum number of pods to create or delete at once. */
const burst = 500;

export interface JobPlan {
  readonly create: readonly PodWish[];
  readonly remove: readonly Pod[];
  /** Why the job ends, from when it is decided on. */
  readonly end?: JobEnd | undefined;
  /** Pods are being managed: the Suspended condition follows the spec. */
  readonly managed: boolean;
  readonly requeueAfterMs?: number | undefined;
}

export function planJob(facts: JobFacts, { record, now }: { record: FailureRecord; now: number }): JobPlan {
  const { job, active } = facts;
  const end = endOf(facts, now);
  const nothing = { create: [], remove: [], managed: false };
  if (end) return { ...nothing, remove: active, end };
  if (job.metadata.deletionTimestamp !== undefined) return nothing;
  const managed = manage(facts, { record, now });
  const left = active.length - managed.remove.length + managed.create.length;
  const { completions } = job.spec;
  const isEnough = completions === undefined ? facts.succeeded > 0 : facts.succeeded >= completions;
  if (isEnough && left === 0) return { ...managed, managed: false, end: completionsReached };
  const waits = [managed.wait, timeLeft(job, now)].filter((wait) => wait !== undefined && wait > 0) as number[];
  const { create, remove } = managed;
  return { create, remove, managed: true, ...(waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {}) };
}

interface Managed {
  readonly create: readonly PodWish[];
  readonly remove: readonly Pod[];
  /** Milliseconds until more may be created. */
  readonly wait?: number | undefined;
}

function manage(facts: JobFacts, { record, now }: { record: FailureRecord; now: number }): Managed {
  const { job, active, terminating } = facts;
  if (job.spec.suspend) return { create: [], remove: active.slice(0, burst) };
  const wanted = wantedActive(facts);
  const remove = superfluous(facts, Math.max(0, active.length - wanted)).slice(0, burst);
  if (remove.length > 0) return { create: [], remove };
  const missing = Math.min(burst, wanted - active.length - (replacesOnlyFailed(job) ? terminating : 0));
  if (missing <= 0) return { create: [], remove: [] };
  if (facts.failedIndexes) return replacements(facts, missing, now);
  const wait = waitAfter(record, now);
  if (wait > 0) return { create: [], remove: [], wait };
  const create = isIndexed(job)
    ? pendingIndexes(facts, missing).map((index) => ({ index }))
    : Array.from({ length: missing }, () => ({}));
  return { create, remove: [] };
}

function wantedActive({ job, succeeded, active }: JobFacts): number {
  const { completions, parallelism = 1 } = job.spec;
  // Without completions one success is enough: running pods may continue, but are not replaced.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Pods to delete: first those without a valid index and duplicates, then as many others as necessary. */
function superfluous({ job, active }: JobFacts, atLeast: number): Pod[] {
  const doomed: Pod[] = [];
  const kept: Pod[] = [];
  const seen = new Set<number>();
  for (const pod of inDeletionOrder(active, active).toReversed()) {
    const index = isIndexed(job) ? indexOf(job, pod) : undefined;
    if (isIndexed(job) && (index === undefined || seen.has(index))) doomed.push(pod);
    else kept.push(pod);
    if (index !== undefined) seen.add(index);
  }
  return [...doomed, ...kept.toReversed().slice(0, Math.max(0, atLeast - doomed.length))];
}

function pendingIndexes(facts: JobFacts, count: number): readonly number[] {
  const { job, pods, active, succeededIndexes, failedIndexes } = facts;
  const busy = replacesOnlyFailed(job) ? [...active, ...pods.filter((pod) => isLeaving(pod) && !isOver(pod))] : active;
  const taken = succeededIndexes
    .union(failedIndexes ?? IndexSet.of([]))
    .union(IndexSet.of(busy.flatMap((pod) => indexOf(job, pod) ?? [])));
  return taken.missing(count, job.spec.completions ?? 0);
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** With backoffLimitPerIndex, each index has its own delay. */
function replacements(facts: JobFacts, missing: number, now: number): Managed {
  const { job, unreplaced } = facts;
  const create: PodWish[] = [];
  const waits: number[] = [];
  for (const index of pendingIndexes(facts, missing)) {
    const last = unreplaced.get(index);
    if (!last) {
      create.push({ index, failures: { counted: 0, ignored: 0 } });
      continue;
    }
    const { counted, ignored } = failuresBefore(last);
    const wait = waitAfter({ failures: counted + ignored + 1, lastAt: finishedAt(last) }, now);
    if (wait > 0) waits.push(wait);
    else {
      const { counts } = judgeFailure(job, last);
      const failures = counts ? { counted: counted + 1, ignored } : { counted, ignored: ignored + 1 };
      create.push({ index, failures });
    }
  }
  return { create, remove: [], ...(waits.length > 0 ? { wait: Math.min(...waits) } : {}) };
}

/** The new status of the Suspended condition; undefined when it does not change. */
export function suspension({ job }: JobFacts): 'Suspended' | 'Resumed' | undefined {
  const known = findCondition(job.status?.conditions, 'Suspended');
  const is = known?.status === 'True';
  if (is === !!job.spec.suspend) return undefined;
  return is ? 'Resumed' : 'Suspended';
}
