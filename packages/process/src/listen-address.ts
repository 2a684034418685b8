import { existsSync } from 'node:fs';

/**
 * Where to listen for `address`. To Go's programs "0.0.0.0" means every interface in both address families, so to ours as well,
 * where the kernel has IPv6.
 */
export const listenAddress = (address: string): string =>
  address === '0.0.0.0' && existsSync('/proc/net/if_inet6') ? '::' : address;

const mapped = '::ffff:';

/** The address of a peer in its usual form: on a dual-stack socket, an IPv4 client has an IPv4-mapped IPv6 address. */
export const peerAddress = (address: string | undefined): string =>
  address?.startsWith(mapped) && address.includes('.') ? address.slice(mapped.length) : (address ?? '');
