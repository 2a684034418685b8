import { ipAddressText, parseIpRange } from '@typernetes/base';

/**
 * The address at `offset` in `cidr`: 1 is the Service of the API server, 10 is cluster DNS. Of a list only the first range is used:
 * the one of the primary address family. Returns "" for an invalid range, which validation reports.
 */
export function addressInSubnet(cidr: string, offset: number): string {
  const range = parseIpRange(cidr.split(',')[0]?.trim() ?? '');
  return range ? ipAddressText({ bits: range.bits, value: range.first + BigInt(offset) }) : '';
}

/** The loopback address in the family of `address`. */
export const loopback = (address: string): string => (address.includes(':') ? '::1' : '127.0.0.1');

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Splits `host:port`; the port is undefined if missing. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (!match) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? '', port: match[3] === undefined ? undefined : Number(match[3]) };
}
