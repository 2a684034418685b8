import type { DeviceRequestAllocationResult, ResourceClaim } from '@typernetes/api/resource/v1';
import { findCondition } from '@typernetes/machinery';

/** Whether the devices of a claim are prepared so far that its pod may be bound; or why they never will be. */
export function bindingState({ status }: ResourceClaim): 'ready' | 'waiting' | { readonly failed: string } {
  let isReady = true;
  for (const result of status?.allocation?.devices?.results ?? []) {
    const { bindingConditions = [], bindingFailureConditions = [] } = result;
    if (bindingConditions.length === 0) continue;
    const conditions = status?.devices?.find((one) => isSame(one, result))?.conditions;
    const holds = (type: string): boolean => findCondition(conditions, type)?.status === 'True';
    const failure = bindingFailureConditions.find(holds);
    if (failure !== undefined) {
      const { reason, message } = findCondition(conditions, failure) ?? {};
      return {
        failed: `device ${nameOf(result)}: binding failed: ${failure}: reason=${reason ?? ''}, message=${message ?? ''}`,
      };
    }
    isReady &&= bindingConditions.every(holds);
  }
  return isReady ? 'ready' : 'waiting';
}

/** Whether pods have to wait for devices of the claim to be prepared. */
export const bindsLater = ({ status }: ResourceClaim): boolean =>
  status?.allocation?.devices?.results?.some(({ bindingConditions }) => bindingConditions?.length) ?? false;

type Identity = Pick<DeviceRequestAllocationResult, 'driver' | 'pool' | 'device' | 'shareID'>;

const isSame = (a: Identity, b: Identity): boolean =>
  a.driver === b.driver && a.pool === b.pool && a.device === b.device && (a.shareID ?? '') === (b.shareID ?? '');

const nameOf = ({ driver, pool, device }: Identity): string => `${driver}/${pool}/${device}`;
