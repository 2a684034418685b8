import { BlockList, isIP } from 'node:net';
import { parseBootstrapToken } from '@typernetes/pki';
import { parseCertificateKey } from '../certs/certificate-sealing.ts';
import type { Argument } from './internal.ts';

/** What is wrong with values of one kind, in upstream's words: `FIELD: Invalid value: VALUE: DETAIL`. */
export const invalid = (field: string, value: string | number, detail: string): string =>
  `${field}: Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : value}: ${detail}`;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(\\.${label})*$`);
const wildcard = new RegExp(`^\\*(\\.${label})+$`);
const parts = "must consist of lower case alphanumeric characters, '-' or '.'";
const subdomainMessage = `a lowercase RFC 1123 subdomain ${parts}, and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${label}(\\.${label})*')`;
const wildcardMessage = `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which ${parts} and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${label}(\\.${label})*')`;

export const subdomainProblems = (name: string, field: string): string[] =>
  subdomain.test(name) ? [] : [invalid(field, name, subdomainMessage)];

/** Names and addresses that a certificate is for. */
export function altNameProblems(names: readonly string[], field: string): string[] {
  return names
    .filter((name) => !subdomain.test(name) && !wildcard.test(name) && isIP(name) === 0)
    .map((name) => {
      const detail = 'altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards';
      return invalid(field, name, `${detail}: ${subdomainMessage}; ${wildcardMessage}`);
    });
}

export function argumentProblems(args: readonly Argument[], field: string): string[] {
  return args.flatMap(({ name }, i) => (name ? [] : [invalid(field, `index ${i}`, 'argument has no name')]));
}

export const absolutePathProblems = (path: string, field: string): string[] =>
  path.startsWith('/') ? [] : [invalid(field, path, 'path is not absolute')];

/** A machine that has no address for it says so by an empty text: only those who need one mind. */
export const advertiseAddressProblems = (address: string): string[] =>
  address === '' || isIP(address) !== 0
    ? []
    : [`couldn't use "${address}" as "apiserver-advertise-address", must be ipv4 or ipv6 address`];

/** Of an address that an API server is to be found by. */
export function bindAddressProblems(address: string): string[] {
  const isUsable = isIP(address) !== 0 && !notUnicast.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return isUsable ? [] : [`cannot use "${address || '0.0.0.0'}" as the bind address for the API Server`];
}

/** Addresses that nobody is reached by: of groups, of a link, of nobody. */
const notUnicast = new BlockList();
for (const [network, prefix, family] of [
  ['0.0.0.0', 32, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['255.255.255.255', 32, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const) {
  notUnicast.addSubnet(network, prefix, family);
}

export const portProblems = (port: number, field: string): string[] =>
  port >= 1 && port <= 65535 ? [] : [invalid(field, port, 'port number is not valid')];

/** Of `host` or `host:port`; upstream reads it before it validates, so that no field is named. What cannot be split is a host as a whole. */
export function hostPortProblems(endpoint: string): string[] {
  if (endpoint === '') return [];
  const split = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(endpoint);
  const host = split ? (split[1] ?? split[2] ?? '') : endpoint;
  const port = split?.[3] ?? '';
  if (port !== '' && !(/^\+?\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    return [`hostport ${endpoint}: port ${port} must be a valid number between 1 and 65535, inclusive`];
  }
  if (isIP(host) !== 0 || subdomain.test(host)) return [];
  return [`hostport ${endpoint}: host '${host}' must be a valid IP address or a valid RFC-1123 DNS subdomain`];
}

/** What Go says of a text that is not `host:port`. */
export function splitProblem(endpoint: string): string | undefined {
  if (/^(\[[^\]]+\]|[^:[\]]*):[^:]*$/.test(endpoint)) return undefined;
  if (endpoint === '') return 'missing port in address';
  const colons = endpoint.replace(/^\[[^\]]*\]/, '').split(':').length - 1;
  return `address ${endpoint}: ${colons > 1 ? 'too many colons' : 'missing port'} in address`;
}

/** What is said of a token that is to be made, where it is read: in flags, arguments and bootstrapTokens. */
export const malformedToken = (text: string): string =>
  `the bootstrap token ${JSON.stringify(text)} was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`;

export const tokenProblems = (token: string, field: string): string[] =>
  parseBootstrapToken(token) ? [] : [invalid(field, token, 'the bootstrap token is invalid')];

/** The key itself is not shown: outputs are kept. */
export function certificateKeyProblems(key: string, field: string): string[] {
  if (key === '' || parseCertificateKey(key)) return [];
  const stray = [...key].find((letter) => !/[0-9a-fA-F]/.test(letter));
  if (stray !== undefined) {
    const code = (stray.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const detail = `certificate key decoding error: encoding/hex: invalid byte: U+${code} '${stray}'`;
    return [invalid(field, '<withheld>', detail)];
  }
  const detail =
    key.length % 2 === 1
      ? 'certificate key decoding error: encoding/hex: odd length hex string'
      : `invalid certificate key size ${key.length / 2}, the key must be an AES key of size 32`;
  return [invalid(field, '<withheld>', detail)];
}

const repository = /^[a-zA-Z0-9][a-zA-Z0-9.-]*(:\d+)?(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

export const imageRepositoryProblems = (text: string, field: string): string[] =>
  repository.test(text) ? [] : [invalid(field, text, 'invalid image repository format')];

const pullPolicies = ['', 'Always', 'IfNotPresent', 'Never'];

export const pullPolicyProblems = (policy: string, field: string): string[] =>
  pullPolicies.includes(policy) ? [] : [invalid(field, policy, 'invalid pull policy')];

/** `all` stands for every check: names beside it would say nothing. */
export function ignoredCheckProblems(names: readonly string[]): string[] {
  const lower = [...new Set(names.map((name) => name.toLowerCase()))].sort();
  return lower.includes('all') && lower.length > 1
    ? [invalid('ignore-preflight-errors', lower.join(','), "don't specify individual checks if 'all' is used")]
    : [];
}

export function socketProblems(socket: string, field: string): string[] {
  if (socket === '') return [invalid(field, socket, 'empty CRI socket')];
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(socket)?.[1]?.toLowerCase() ?? '';
  return scheme === 'unix' ? [] : [invalid(field, socket, `only URL scheme "unix" is supported, got "${scheme}"`)];
}
