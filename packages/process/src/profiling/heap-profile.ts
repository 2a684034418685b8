import type { HeapProfiler } from 'node:inspector';
import type { Session } from 'node:inspector/promises';
import { timestamp } from '@typernetes/base';
import { BusyError, inspect, openSession, type Patience, pause } from './inspection.ts';
import { type Frame, frameOf, isProfiler, type Sample, type StackProfile } from './stack-profile.ts';

/** One allocation in so many bytes is sampled, as in Go. */
const rate = 512 * 1024;

/** V8's format; Node's types omit parts of it. */
interface HeapTree {
  readonly head: HeapNode;
  /** An object each. */
  readonly samples: readonly { readonly nodeId: number }[];
}

interface HeapNode extends Pick<HeapProfiler.SamplingHeapProfileNode, 'callFrame' | 'selfSize'> {
  readonly id: number;
  readonly children: readonly HeapNode[];
}

/** The sampling of live objects, which continues once started; V8 supports one at a time. */
let living: { readonly session: Session; readonly since: number } | undefined;
let countsAll = false;

/**
 * The live objects among those allocated since the first request: sampling is not free, so it starts with that request.
 * Throws a BusyError while allocations are being sampled.
 */
export async function heapProfile({ clock }: Pick<Patience, 'clock'>): Promise<StackProfile> {
  if (countsAll) throw new BusyError('allocations are being sampled');
  living ??= await beginLiving(clock.now());
  return {
    ...profileOf(await treeOf(living.session), 'inuse', clock.now()),
    comments: [`Of what was allocated since ${timestamp(living.since)}, when sampling began, and is in use`],
  };
}

/** The number of sampled live objects; 0 before sampling has started. */
export async function livingSamples(): Promise<number> {
  return living ? (await treeOf(living.session)).samples.length : 0;
}

/**
 * The allocations during so many seconds, garbage included. This discards the data of {@link heapProfile}, which starts
 * over.
 */
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

/** Collects all garbage before it resolves. */
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
    // V8 reports the number of samples, not the number of objects they stand for.
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

/** By stack: the number of samples, and the bytes they stand for. */
function samplesOf({ head, samples }: HeapTree): Sample[] {
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
