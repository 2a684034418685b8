import type { Observation, StarvedResource } from '../resources/observation.ts';

/** A measured quantity: how much of something is available. */
export type Signal = (typeof signals)[number];

const signals = [
  'memory.available',
  'allocatableMemory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'containerfs.available',
  'containerfs.inodesFree',
  'pid.available',
] as const;

export function isSignal(text: string): text is Signal {
  return (signals as readonly string[]).includes(text);
}

/** The resource to reclaim from pods when the signal falls below its threshold. */
export function resourceOf(signal: Signal): StarvedResource {
  if (signal === 'pid.available') return 'pids';
  if (signal.endsWith('emory.available')) return 'memory';
  return signal.endsWith('inodesFree') ? 'inodes' : 'ephemeral-storage';
}

export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** The condition that the node then has. */
export function pressureOf(signal: Signal): Pressure {
  const resource = resourceOf(signal);
  return resource === 'memory' ? 'MemoryPressure' : resource === 'pids' ? 'PIDPressure' : 'DiskPressure';
}

export type Observations = ReadonlyMap<Signal, Observation>;
