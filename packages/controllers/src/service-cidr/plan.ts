import { BlockList, isIPv6 } from 'node:net';
import type { IPAddress, ServiceCIDR } from '@typernetes/api/networking/v1';
import { type Condition, findCondition } from '@typernetes/machinery';

export const finalizer = 'networking.k8s.io/service-cidr-finalizer';

interface RangePlan {
  readonly finalizer?: 'add' | 'remove';
  /** The condition to set, if any. */
  readonly condition?: Condition;
}

/** `others` are the other ranges that are not being deleted. */
export function planRange(
  range: ServiceCIDR,
  {
    others,
    addresses,
    timestamp,
  }: { others: readonly ServiceCIDR[]; addresses: readonly IPAddress[]; timestamp: string },
): RangePlan {
  const has = !!range.metadata.finalizers?.includes(finalizer);
  const ready = findCondition(range.status?.conditions, 'Ready');
  if (range.metadata.deletionTimestamp === undefined) {
    const message = 'Kubernetes Service CIDR is ready';
    return {
      ...(has ? {} : { finalizer: 'add' }),
      ...(ready?.status === 'True' ? {} : { condition: condition('True', { reason: '', message, timestamp }) }),
    };
  }
  if (!has) return {};
  if (!isNeeded(range, others, addresses)) return { finalizer: 'remove' };
  if (ready?.status === 'False' && ready.reason === 'Terminating') return {};
  const message =
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
  return { condition: condition('False', { reason: 'Terminating', message, timestamp }) };
}

function condition(
  status: 'True' | 'False',
  { reason, message, timestamp }: { reason: string; message: string; timestamp: string },
): Condition {
  return { type: 'Ready', status, lastTransitionTime: timestamp, reason, message };
}

/** Whether a service has an address that no other range holds. */
function isNeeded(range: ServiceCIDR, others: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const own = blocksOf([range]);
  const rest = blocksOf(others);
  return addresses.some(({ metadata: { name } }) => {
    const family = isIPv6(name) ? 'ipv6' : 'ipv4';
    return own.check(name, family) && !rest.check(name, family);
  });
}

function blocksOf(ranges: readonly ServiceCIDR[]): BlockList {
  const blocks = new BlockList();
  for (const cidr of ranges.flatMap(({ spec }) => spec.cidrs ?? [])) {
    const [address = '', bits = ''] = cidr.split('/');
    blocks.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return blocks;
}
