import type { Profiler } from 'node:inspector';
import { BusyError, inspect, type Patience, pause } from './inspection.ts';
import { type Frame, frameOf, isProfiler, type Sample, type StackProfile } from './stack-profile.ts';

/**
 * The sampling interval in microseconds for profiles of up to 100 s; a longer profile has as many samples, further
 * apart.
 */
const shortestInterval = 1000;
const mostSamples = 100_000;

let isTaken = false;

/**
 * A CPU profile of the JavaScript thread for so many seconds, including V8's own work (`(program)`, `(garbage
 * collector)`); without idle time and other threads. Throws a BusyError while another one is being taken.
 */
export async function cpuProfile(seconds: number, patience: Patience): Promise<StackProfile> {
  if (isTaken) throw new BusyError('cpu profiling already in use');
  isTaken = true;
  const interval = Math.max(shortestInterval, Math.ceil((seconds * 1e6) / mostSamples));
  try {
    const takenAt = patience.clock.now();
    const profile = await inspect(async (session) => {
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval });
      await session.post('Profiler.start');
      await pause(seconds * 1000, patience);
      return (await session.post('Profiler.stop')).profile;
    });
    return {
      measures: [
        { type: 'samples', unit: 'count' },
        { type: 'cpu', unit: 'nanoseconds' },
      ],
      samples: samplesOf(profile),
      takenAt,
      durationMs: (profile.endTime - profile.startTime) / 1000,
      period: { type: 'cpu', unit: 'nanoseconds', length: interval * 1000 },
      shown: 'cpu',
    };
  } finally {
    isTaken = false;
  }
}

/** A sample counts for the time until the next one. Times are in microseconds. */
function samplesOf({ nodes, samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile): Sample[] {
  const spent = new Map<number, { count: number; micros: number }>();
  let at = startTime;
  samples.forEach((id, i) => {
    at += timeDeltas[i] ?? 0;
    const micros = i + 1 < samples.length ? (timeDeltas[i + 1] ?? 0) : endTime - at;
    const node = spent.get(id) ?? { count: 0, micros: 0 };
    spent.set(id, { count: node.count + 1, micros: node.micros + Math.max(micros, 0) });
  });
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame)]));
  const stackOf = (node: number): Frame[] => {
    const stack: Frame[] = [];
    for (let id: number | undefined = node; id !== undefined; id = parents.get(id)) {
      const frame = frames.get(id);
      if (frame && frame.name !== '(root)') stack.push(frame);
    }
    return stack;
  };
  return [...spent]
    .filter(([id]) => !['(idle)', '(root)'].includes(frames.get(id)?.name ?? ''))
    .map(([id, { count, micros }]) => ({ stack: stackOf(id), values: [count, Math.round(micros * 1000)] }))
    .filter(({ stack }) => !isProfiler(stack));
}
