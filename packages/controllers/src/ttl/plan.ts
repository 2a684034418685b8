/** For cluster sizes, how long kubelets may cache Secrets and ConfigMaps. The ranges overlap to prevent flapping. */
const steps: readonly { readonly from: number; readonly to: number; readonly seconds: number }[] = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1000, seconds: 30 },
  { from: 900, to: 2000, seconds: 60 },
  { from: 1800, to: 10_000, seconds: 300 },
  { from: 9000, to: Number.POSITIVE_INFINITY, seconds: 600 },
];

/** The step for a number of nodes, coming from step `last`. */
export function ttlStep(nodes: number, last: number): number {
  let step = last;
  while (step < steps.length - 1 && nodes > (steps[step]?.to ?? 0)) step++;
  while (step > 0 && nodes < (steps[step]?.from ?? 0)) step--;
  return step;
}

export const secondsOf = (step: number): number => steps[step]?.seconds ?? 0;
