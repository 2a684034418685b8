import { milliValue, parseQuantity, wholeValue } from '@typernetes/machinery';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { parseCpuSet } from '../resources/cpu-set.ts';
import type { Machine } from './machine.ts';

type Resources = Readonly<Record<string, string>>;

/** Everything that the machine has. */
export function capacityOf(
  machine: Machine,
  config: Pick<CompleteConfiguration, 'maxPods' | 'podsPerCore'>,
): Resources {
  const hugepages = Object.entries(machine.hugepages).map(([name, bytes]) => [name, String(bytes)]);
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': `${Math.floor(machine.diskBytes / 1024)}Ki`,
    ...Object.fromEntries(hugepages),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(config.podsPerCore > 0 ? Math.min(config.maxPods, config.podsPerCore * machine.cpus) : config.maxPods),
  };
}

/**
 * What pods may use: the capacity less the reservations and the hard eviction thresholds. Huge pages are subtracted
 * from memory, so that nothing is counted twice.
 */
export function allocatableOf(
  capacity: Resources,
  config: Pick<CompleteConfiguration, 'systemReserved' | 'kubeReserved' | 'evictionHard' | 'reservedSystemCPUs'>,
): Resources {
  const reserved = (name: string): number =>
    [config.systemReserved[name], config.kubeReserved[name]]
      .filter((amount) => amount !== undefined)
      .reduce((sum, amount) => sum + (name === 'cpu' ? milliValue(amount) : wholeValue(amount)), 0);
  // Processors that are reserved by number count instead of an amount.
  const named = config.reservedSystemCPUs ? parseCpuSet(config.reservedSystemCPUs).size * 1000 : undefined;
  const cpu = Math.max(milliValue(capacity.cpu ?? '0') - (named ?? reserved('cpu')), 0);
  const pages = Object.entries(capacity)
    .filter(([name]) => name.startsWith('hugepages-'))
    .reduce((sum, [, amount]) => sum + wholeValue(parseQuantity(amount)), 0);
  const memory = remaining(capacity.memory, reserved('memory') + pages, config.evictionHard['memory.available']);
  const disk = remaining(
    capacity['ephemeral-storage'],
    reserved('ephemeral-storage'),
    config.evictionHard['nodefs.available'],
  );
  return {
    ...capacity,
    cpu: cpu % 1000 === 0 ? String(cpu / 1000) : `${cpu}m`,
    'ephemeral-storage': String(disk),
    memory: memory % 1024 === 0 ? `${memory / 1024}Ki` : String(memory),
  };
}

/** Bytes left of a capacity; a threshold is a quantity or a percentage of the capacity. */
function remaining(capacity: string | undefined, reserved: number, threshold: string | undefined): number {
  const total = wholeValue(parseQuantity(capacity ?? '0'));
  const kept = threshold?.endsWith('%')
    ? Math.floor((total * Number.parseFloat(threshold)) / 100)
    : wholeValue(parseQuantity(threshold ?? '0'));
  return Math.max(total - reserved - kept, 0);
}
