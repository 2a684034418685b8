import { goQuote, labelValueProblems, parseQuantity, qualifiedNameProblems, wholeValue } from '@typernetes/machinery';
import { parseCpuSet } from '../resources/cpu-set.ts';
import type { CompleteConfiguration } from './defaults.ts';

/** The problems with reserved CPUs and memory and with the node's taints, in upstream's words. */
export function reservationProblems(config: CompleteConfiguration): readonly string[] {
  return [...cpuProblems(config), ...memoryProblems(config), ...taintProblems(config)];
}

function cpuProblems(config: CompleteConfiguration): readonly string[] {
  const { reservedSystemCPUs: reserved = '', systemReservedCgroup, kubeReservedCgroup } = config;
  if (reserved === '') return [];
  const problems: string[] = [];
  if (systemReservedCgroup !== '' || kubeReservedCgroup !== '')
    problems.push(
      "can't use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup (--kube-reserved-cgroup)",
    );
  try {
    parseCpuSet(reserved);
  } catch (error) {
    problems.push(
      `unable to parse reservedSystemCPUs (--reserved-cpus) ${reserved}, error: ${(error as Error).message}`,
    );
  }
  return problems;
}

function memoryProblems({ reservedMemory = [] }: CompleteConfiguration): readonly string[] {
  const seen = new Set<string>();
  return reservedMemory.flatMap(({ numaNode, limits }) =>
    Object.entries(limits ?? {}).flatMap(([name, amount]) => {
      const problems: string[] = [];
      const at = `NUMA node ${numaNode} and resource ${goQuote(name)}`;
      if (name !== 'memory' && !name.startsWith('hugepages-'))
        problems.push(
          `the limit type ${goQuote(name)} for NUMA node ${numaNode} is not supported, only [memory hugepages-<HugePageSize>] is accepted`,
        );
      if (amountOf(amount) === 0) problems.push(`reserved memory may not be zero for ${at}`);
      if (seen.has(at)) problems.push(`the reserved memory has a duplicate value for ${at}`);
      seen.add(at);
      return problems;
    }),
  );
}

function amountOf(text: string): number {
  return wholeValue(parseQuantity(text));
}

const effects: readonly unknown[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintProblems({ registerWithTaints }: CompleteConfiguration): readonly string[] {
  return (registerWithTaints ?? []).flatMap((taint) => {
    const { key, value = '', effect, timeAdded } = taint;
    const isValid =
      qualifiedNameProblems(key).length === 0 &&
      (value === '' || labelValueProblems(value).length === 0) &&
      (!effect || effects.includes(effect));
    return [
      ...(isValid ? [] : [`invalid taint: ${key}=${value}:${effect}`]),
      ...(timeAdded ? ['taint.TimeAdded is not nil'] : []),
    ];
  });
}
