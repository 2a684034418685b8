import { existsSync } from 'node:fs';

/**
 * Where to listen for `address`. To Go's programs "0.0.0.0" means every interface in both address families, so to ours as well,
 * where the kernel has IPv6.
 */
export const listenAddress = (address: string): string =>
  address === '0.0.0.0' && existsSync('/proc/net/if_inet6') ? '::' : address;

const mapped = '::ffff:';

/** The address of a peer as people know it: an IPv4 client of such a socket has an address of IPv6 that stands for its own. */
export const peerAddress = (address: string | undefined): string =>
  address?.startsWith(mapped) && address.includes('.') ? address.slice(mapped.length) : (address ?? '');
