import type { ResourceType } from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';

/** Whether a write fulfils the match conditions of a hook or policy; `failed` when that cannot be said and must not be ignored. */
export type ConditionVerdict = { readonly matches: boolean } | { readonly failed: string };

export type ConditionCheck = (
  request: AdmissionRequest,
  /** The resource in whose form the write is looked at. */
  type: ResourceType<unknown>,
) => Promise<ConditionVerdict>;
