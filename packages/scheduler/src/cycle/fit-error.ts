import type { Refusal } from '../framework/verdict.ts';

/** The results for the nodes. */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly total: number;
  /** The refusal of each node that was asked, by name. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** The refusal of the nodes that were not asked. */
  readonly others?: Refusal;
  /** A plugin's refusal of all nodes at once; then no node was asked. */
  readonly all?: Refusal;
}

/** `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.` with `more` (of preemption) behind it. */
export function fitErrorMessage({ total, refusals, others, all }: Diagnosis, more = ''): string {
  const tail = more ? ` ${more}` : '';
  const head = `0/${total} nodes are available:`;
  if (all) return `${head} ${all.reasons.join(', ')}.${tail}`;
  const counts = new Map<string, number>();
  const count = (refusal: Refusal, by: number): void => {
    for (const reason of refusal.reasons) counts.set(reason, (counts.get(reason) ?? 0) + by);
  };
  for (const refusal of refusals.values()) count(refusal, 1);
  if (others && refusals.size < total) count(others, total - refusals.size);
  const texts = [...counts].map(([reason, number]) => `${number} ${reason}`).sort();
  return `${head}${texts.length > 0 ? ` ${texts.join(', ')}.` : ''}${tail}`;
}
