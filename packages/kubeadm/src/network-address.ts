import { isIPv4 } from 'node:net';

/** The address `offset` above the network address of `cidr`: 1 is the API's Service, 10 is cluster DNS. Only the first of a list counts. */
export function addressInSubnet(cidr: string, offset: number): string {
  const [address = ''] = (cidr.split(',')[0] ?? '').split('/');
  if (isIPv4(address)) {
    const bits = Number(cidr.split(',')[0]?.split('/')[1] ?? 32);
    const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const base = bits === 0 ? 0 : Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits);
    const at = base + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.');
  }
  return new URL(`http://[${address.replace(/::$/, '')}::${offset.toString(16)}]`).hostname.slice(1, -1);
}

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
