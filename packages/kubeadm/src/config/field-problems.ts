import { isIP } from 'node:net';
import { parseBootstrapToken } from '@typernetes/pki';
import { parseCertificateKey } from '../certs/certificate-sealing.ts';
import { splitHostPort } from '../network-address.ts';
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

export function apiEndpointProblems(
  { advertiseAddress, bindPort }: { advertiseAddress: string; bindPort: number },
  field: string,
): string[] {
  return [
    ...(isIP(advertiseAddress) === 0
      ? [invalid(`${field}.advertiseAddress`, advertiseAddress, 'ip address is not valid')]
      : []),
    ...(bindPort >= 1 && bindPort <= 65535 ? [] : [invalid(`${field}.bindPort`, bindPort, 'port number is not valid')]),
  ];
}

/** `host` or `host:port`. */
export function hostPortProblems(endpoint: string, field: string): string[] {
  if (endpoint === '') return [];
  const { host, port } = splitHostPort(endpoint);
  const named = isIP(host) !== 0 || subdomain.test(host);
  return named && (port === undefined || (port >= 1 && port <= 65535))
    ? []
    : [invalid(field, endpoint, 'endpoint is not valid')];
}

export const tokenProblems = (token: string, field: string): string[] =>
  parseBootstrapToken(token) ? [] : [invalid(field, token, 'the bootstrap token is invalid')];

/** The key itself is not shown: outputs are kept. */
export const certificateKeyProblems = (key: string, field: string): string[] =>
  key === '' || parseCertificateKey(key)
    ? []
    : [invalid(field, '<withheld>', 'invalid certificate key size, the key must be a hex encoded AES key of size 32')];

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
