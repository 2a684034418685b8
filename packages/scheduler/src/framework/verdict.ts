/**
 * A plugin's verdict on one node. `resolvable` says whether evicting pods from the node could change it (for
 * preemption).
 */
export type Verdict = { readonly ok: true } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly reasons: readonly string[];
  readonly resolvable: boolean;
}

export const accept: Verdict = { ok: true };

/** The node is not for this pod, and no eviction would change that. */
export const refuse = (...reasons: string[]): Refusal => ({ ok: false, reasons, resolvable: false });

/** The node is not for this pod as long as the pods on it stay. */
export const refuseForNow = (...reasons: string[]): Refusal => ({ ok: false, reasons, resolvable: true });
