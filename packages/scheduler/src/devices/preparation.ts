import type { ResourceClaim } from '@typernetes/api/resource/v1';
import type { Clock } from '@typernetes/base';
import { keyOf } from '@typernetes/machinery';
import { type Refusal, refuse } from '../framework/verdict.ts';
import { bindingState } from './binding-conditions.ts';
import type { DeviceView } from './device-view.ts';

/**
 * Waits until drivers have prepared the devices. Returns a refusal when one never will be, or when it takes too long.
 */
export async function untilPrepared(
  claims: readonly ResourceClaim[],
  { view, clock, timeoutMs, signal }: { view: DeviceView; clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<Refusal | undefined> {
  if (claims.length === 0) return undefined;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  const scope = AbortSignal.any([signal, late.signal]);
  try {
    for (const claim of claims) {
      for (;;) {
        const seen = view.claim(keyOf(claim));
        const current = seen?.status?.allocation ? seen : claim;
        const state = bindingState(current);
        if (state === 'ready') break;
        if (typeof state === 'object') return refuse(`claim ${keyOf(claim)}: ${state.failed}`);
        await view.untilChanged(keyOf(claim), scope);
        signal.throwIfAborted();
        if (late.signal.aborted) return refuse(`claim ${keyOf(claim)}: timed out waiting for devices to be prepared`);
      }
    }
    return undefined;
  } finally {
    cancel();
  }
}
