import type { EndpointSubset } from '@typernetes/api/core/v1';

/** Says that Endpoints were truncated. */
export const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';

/** The maximum number of addresses of one Endpoints object. */
const capacity = 1000;

/**
 * The subsets truncated to the maximum number of addresses, ready ones first, each subset in proportion; undefined if
 * all fit (upstream: truncateEndpoints. Shares are rounded up, so that the last subsets get less).
 */
export function cutToCapacity(subsets: readonly EndpointSubset[]): EndpointSubset[] | undefined {
  const count = (list: 'addresses' | 'notReadyAddresses'): number =>
    subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0);
  const ready = count('addresses');
  const notReady = count('notReadyAddresses');
  if (ready + notReady <= capacity) return undefined;
  const list = ready > capacity ? 'addresses' : 'notReadyAddresses';
  const room = ready > capacity ? capacity : capacity - ready;
  const total = ready > capacity ? ready : notReady;
  let left = room;
  return subsets.flatMap(({ addresses, notReadyAddresses, ...subset }) => {
    const all = (list === 'addresses' ? addresses : notReadyAddresses) ?? [];
    const kept = all.slice(0, Math.min(left, Math.ceil((all.length / total) * room)));
    left -= kept.length;
    const others = list === 'notReadyAddresses' && addresses ? { addresses } : {};
    const rest = { ...others, ...(kept.length > 0 ? { [list]: kept } : {}) };
    // A subset without any address is refused by the server.
    return Object.keys(rest).length > 0 ? [{ ...rest, ...subset }] : [];
  });
}
