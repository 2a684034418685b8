import { isIP } from 'node:net';

/** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a server by the environment, by the rules of Go's net/http: none for this machine itself, none for
 * hosts in NO_PROXY. Throws for an invalid address.
 */
export function proxyFor(server: URL, environment: Environment): URL | undefined {
  const of = (name: string): string => environment[name] || environment[name.toLowerCase()] || '';
  const text = of(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (text === '' || isThisMachine(host) || isExcepted(host, server, of('NO_PROXY'))) return undefined;
  return proxyAddress(text);
}

/** A proxy's address; without a scheme it is HTTP. Throws for an invalid one. */
export function proxyAddress(text: string): URL {
  const address = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(address)) throw new Error(`invalid proxy address ${JSON.stringify(text)}`);
  const url = new URL(address);
  if (!['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol))
    throw new Error(`unsupported scheme ${JSON.stringify(url.protocol.slice(0, -1))}, must be http, https, or socks5`);
  return url;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** NO_PROXY: `*`, addresses, ranges, and domains with all that is below them; each may have a port. */
function isExcepted(host: string, server: URL, list: string): boolean {
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*') return true;
      if (entry.includes('/')) return inRange(host, entry);
      const [, name = '', wanted] =
        /^(\[[^\]]*\]|[^:]*|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*)(?::(\d+))?$/.exec(entry) ?? [];
      if (wanted !== undefined && wanted !== port) return false;
      const bare = name.replace(/^\[|\]$/g, '');
      if (isIP(bare) !== 0) return bare === host;
      const domain = bare.replace(/^\*?\./, '');
      return host.endsWith(`.${domain}`) || (host === domain && bare === domain);
    });
}

function inRange(host: string, range: string): boolean {
  const [base = '', bits = ''] = range.split('/');
  const [left, right] = [bitsOf(host), bitsOf(base)];
  const length = Number(bits);
  return left !== '' && left.length === right.length && left.slice(0, length) === right.slice(0, length);
}

/** The bits of an IPv4 address; IPv6 ranges are compared in their written form only. */
function bitsOf(address: string): string {
  if (isIP(address) !== 4) return '';
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
}
