import { ipAddressText, parseIpRange } from '@typernetes/base';

/**
 * The address `offset` above the network address of `cidr`: 1 is the API's Service, 10 is cluster DNS. Only the first of a list counts:
 * that of the cluster's first address family. Empty when it is no range, which validation reports.
 */
export function addressInSubnet(cidr: string, offset: number): string {
  const range = parseIpRange(cidr.split(',')[0]?.trim() ?? '');
  return range ? ipAddressText({ bits: range.bits, value: range.first + BigInt(offset) }) : '';
}

/** The machine's own address in the family of `address`. */
export const loopback = (address: string): string => (address.includes(':') ? '::1' : '127.0.0.1');

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The two halves of `host:port`; the port is undefined when there is none. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (!match) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? '', port: match[3] === undefined ? undefined : Number(match[3]) };
}
