import type { Container } from '@typernetes/api/core/v1';
import { milliValue } from '@typernetes/machinery';

type Amounts = Readonly<Record<string, string>>;

/** The free resources of a node. */
export interface Room {
  /** Whether the pod fits; if so, takes its resources. Overcommitted nodes are judged differently since v1.23. */
  take(spec: Readonly<Record<string, unknown>>): boolean;
}

export function roomOf(allocatable: Amounts): Room {
  const free = new Map(Object.entries(allocatable).map(([name, amount]) => [name, milliValue(amount)]));
  return {
    take(spec) {
      const wanted = demandOf(spec as { containers: Container[]; initContainers?: Container[] });
      if ([...wanted].some(([name, amount]) => amount > (free.get(name) ?? 0))) return false;
      for (const [name, amount] of wanted) free.set(name, (free.get(name) ?? 0) - amount);
      return true;
    },
  };
}

/** At least what schedulers count: init containers count as if they kept running. */
function demandOf({ containers, initContainers = [] }: { containers: Container[]; initContainers?: Container[] }) {
  const sum = new Map([['pods', 1000]]);
  for (const { resources } of [...containers, ...initContainers])
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests }))
      sum.set(name, (sum.get(name) ?? 0) + milliValue(amount as string));
  return sum;
}
