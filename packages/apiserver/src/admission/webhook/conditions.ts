import type { ResourceType } from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';

/**
 * Whether a write meets the match conditions of a hook or policy; `failed` when they cannot be evaluated and that must
 * not be ignored.
 */
export type ConditionVerdict = { readonly matches: boolean } | { readonly failed: string };

export type ConditionCheck = (
  request: AdmissionRequest,
  /** The resource in whose version the write is evaluated. */
  type: ResourceType<unknown>,
) => Promise<ConditionVerdict>;
