import type { Pod } from '@typernetes/api/core/v1';
import type { Logger } from '@typernetes/base';
import type { Candidate } from '../framework/candidate.ts';
import { type Refusal, refuse, refuseForNow } from '../framework/verdict.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { Extender } from './extender.ts';

export interface Consultation {
  readonly extenders: readonly Extender[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Asks one extender after the other about the nodes that the previous ones accepted. Throws when a required one cannot
 * be reached.
 */
export async function filterByExtenders(
  pod: Pod,
  feasible: readonly NodeInfo[],
  consultation: Consultation,
): Promise<{ readonly feasible: readonly NodeInfo[]; readonly refusals: ReadonlyMap<string, Refusal> }> {
  const refusals = new Map<string, Refusal>();
  let left = feasible;
  for (const extender of consultation.extenders) {
    if (left.length === 0) break;
    const nodes = left.map(({ node }) => node);
    const result = await asked(extender, consultation, () => extender.filter?.(pod, nodes, consultation.signal));
    if (!result) continue;
    for (const [name, reason] of Object.entries(result.unresolvable)) refusals.set(name, refuse(reason));
    for (const [name, reason] of Object.entries(result.failed))
      if (!(name in result.unresolvable)) refusals.set(name, refuseForNow(reason));
    const accepted = new Set(result.accepted);
    left = left.filter(({ name }) => accepted.has(name));
  }
  return { feasible: left, refusals };
}

/** Adds the extenders' scores to `totals`, in the order of `nodes`. One that cannot be reached is skipped. */
export async function addExtenderScores(
  totals: number[],
  pod: Pod,
  nodes: readonly NodeInfo[],
  { extenders, log, signal }: Consultation,
): Promise<void> {
  const all = nodes.map(({ node }) => node);
  const answers = await Promise.all(
    extenders.map(async (extender) => {
      try {
        return await extender.prioritize?.(pod, all, signal);
      } catch (error) {
        log.error('Cannot let an extender prioritize nodes', error, { extender: extender.name });
        return undefined;
      }
    }),
  );
  for (const points of answers)
    for (const [i, { name }] of nodes.entries()) totals[i] = (totals[i] as number) + (points?.get(name) ?? 0);
}

/** Whether an extender has bound the pod. */
export async function bindByExtender(pod: Pod, node: string, consultation: Consultation): Promise<boolean> {
  for (const extender of consultation.extenders) {
    if (!extender.bind) continue;
    const done = await asked(extender, consultation, () =>
      extender.bind?.(pod, node, consultation.signal).then(() => true),
    );
    if (done) return true;
  }
  return false;
}

/** The candidates that every extender agrees to. */
export async function preemptByExtenders(
  pod: Pod,
  candidates: readonly Candidate[],
  consultation: Consultation,
): Promise<readonly Candidate[]> {
  let left = candidates;
  for (const extender of consultation.extenders) {
    if (left.length === 0) break;
    const agreed = await asked(extender, consultation, () => extender.preempt?.(pod, left, consultation.signal));
    if (!agreed) continue;
    const empty = agreed.find(({ victims }) => victims.pods.length === 0);
    if (empty && !extender.ignorable) throw new Error(`expected at least one victim pod on node "${empty.node}"`);
    left = agreed.filter(({ victims }) => victims.pods.length > 0);
  }
  return left;
}

/** The answer; undefined from one without an opinion, or that cannot be reached and is ignorable. */
async function asked<T>(
  extender: Extender,
  { log }: Consultation,
  ask: () => Promise<T> | undefined,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!extender.ignorable) throw error;
    log.warn('Skipping an extender that cannot be asked and is ignorable', {
      extender: extender.name,
      error: String(error),
    });
    return undefined;
  }
}
