import type { HeapProfiler } from 'node:inspector';
import type { Session } from 'node:inspector/promises';
import { timestamp } from '@typernetes/base';
import { BusyError, inspect, openSession, type Patience, pause } from './inspection.ts';
import { type Frame, frameOf, isProfiler, type Sample, type StackProfile } from './stack-profile.ts';

/** One allocation in so many bytes is looked at: as in Go. */
const rate = 512 * 1024;

/** As V8 tells it; Node's types leave some of it out. */
export interface HeapTree {
  readonly head: HeapNode;
  /** An object each. */
  readonly samples: readonly { readonly nodeId: number }[];
}

interface HeapNode extends Pick<HeapProfiler.SamplingHeapProfileNode, 'callFrame' | 'selfSize'> {
  readonly id: number;
  readonly children: readonly HeapNode[];
}

/** The sampling of what is alive, which goes on once it has begun; V8 has one sampling at a time. */
let living: { readonly session: Session; readonly since: number } | undefined;
let countsAll = false;

/**
 * What is alive of all that was allocated since somebody asked first: sampling costs something, and begins with the first request. Throws a
 * BusyError while allocations are counted.
 */
export async function heapProfile({ clock }: Pick<Patience, 'clock'>): Promise<StackProfile> {
  if (countsAll) throw new BusyError('allocations are being sampled');
  living ??= await beginLiving(clock.now());
  return {
    ...profileOf(await treeOf(living.session), 'inuse', clock.now()),
    comments: [`Of what was allocated since ${timestamp(living.since)}, when sampling began, and is in use`],
  };
}

/** How many objects that are alive have been looked at; 0 before sampling has begun. */
export async function livingSamples(): Promise<number> {
  return living ? (await treeOf(living.session)).samples.length : 0;
}

/** What is allocated for so many seconds, whether it stays or not. What {@link heapProfile} knew is forgotten by it, and begins anew. */
export async function allocationProfile(seconds: number, patience: Patience): Promise<StackProfile> {
  if (countsAll) throw new BusyError('allocations are being sampled');
  countsAll = true;
  const { clock } = patience;
  const wasLiving = living !== undefined;
  try {
    living?.session.disconnect();
    living = undefined;
    const since = clock.now();
    const profile = await inspect(async (session) => {
      const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
      await session.post('HeapProfiler.startSampling', { samplingInterval: rate, ...all });
      await pause(seconds * 1000, patience);
      return (await session.post('HeapProfiler.stopSampling')).profile as HeapTree & HeapProfiler.SamplingHeapProfile;
    });
    return { ...profileOf(profile, 'alloc', since), durationMs: clock.now() - since };
  } finally {
    if (wasLiving) living = await beginLiving(clock.now());
    countsAll = false;
  }
}

/** Everything that nobody holds is gone when it resolves. */
export async function collectGarbage(): Promise<void> {
  await inspect((session) => session.post('HeapProfiler.collectGarbage'));
}

async function treeOf(session: Session): Promise<HeapTree> {
  const { profile } = await session.post('HeapProfiler.getSamplingProfile');
  return profile as HeapTree & HeapProfiler.SamplingHeapProfile;
}

async function beginLiving(since: number): Promise<NonNullable<typeof living>> {
  const session = await openSession();
  await session.post('HeapProfiler.startSampling', { samplingInterval: rate });
  return { session, since };
}

function profileOf(tree: HeapTree, what: 'inuse' | 'alloc', takenAt: number): StackProfile {
  const shown = `${what}_space`;
  return {
    // V8 tells how many objects were looked at, not how many those stand for.
    measures: [
      { type: 'samples', unit: 'count' },
      { type: shown, unit: 'bytes' },
    ],
    samples: samplesOf(tree),
    takenAt,
    period: { type: 'space', unit: 'bytes', length: rate },
    shown,
  };
}

/** By stack: how many objects were looked at, and how many bytes they stand for. */
export function samplesOf({ head, samples }: HeapTree): Sample[] {
  const counts = new Map<number, number>();
  for (const { nodeId } of samples) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  const found: Sample[] = [];
  const visit = (node: HeapNode, callers: readonly Frame[]): void => {
    const stack = [frameOf(node.callFrame), ...callers];
    if (node.selfSize > 0 && !isProfiler(stack))
      found.push({ stack, values: [counts.get(node.id) ?? 0, node.selfSize] });
    for (const child of node.children) visit(child, stack);
  };
  for (const child of head.children) visit(child, []);
  return found;
}
