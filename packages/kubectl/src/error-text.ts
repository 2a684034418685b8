import { readFileSync } from 'node:fs';
import { codeOf, messagesOf } from '@typernetes/base';
import { ConfigurationError, CredentialError, serverHost, UnreachableError } from '@typernetes/client';
import { reasonOf, type StatusError } from '@typernetes/machinery';

/** The text that kubectl prints for a failure, ending in a newline; empty if the user interrupted a request. `server` is named if it cannot be reached. */
export function errorText(error: unknown, server: string, { several = false } = {}): string {
  // An interrupt by the user is not reported.
  if (error instanceof Error && error.name === 'AbortError') return '';
  const status = statusOf(error);
  if (status) return statusText(status, error, several);
  if (error instanceof ConfigurationError && error.message.startsWith('Error in configuration'))
    return `${error.message}\n`;
  if (error instanceof UnreachableError) return `Unable to connect to the server: ${error.message}\n`;
  const code = deepCode(error);
  if (code === 'ECONNREFUSED') {
    return `The connection to the server ${serverHost(server)} was refused - did you specify the right host or port?\n`;
  }
  const certificate = certificateText(error);
  // The issuer of credentials may be unreachable too.
  if (error instanceof CredentialError) {
    const why = certificate === undefined ? '' : `: tls: failed to verify certificate: x509: ${certificate}`;
    return `Unable to connect to the server: ${why === '' ? messagesOf(error) : error.message + why}\n`;
  }
  if (certificate !== undefined) {
    const who = messagesOf(error).includes('proxyconnect tcp') ? 'proxyconnect tcp: ' : '';
    return `Unable to connect to the server: ${who}tls: failed to verify certificate: x509: ${certificate}\n`;
  }
  if (isUnconnected(messagesOf(error))) {
    return `Unable to connect to the server: ${messagesOf(error)}\n`;
  }
  if (code === 'ENOTFOUND' || code === 'EHOSTUNREACH' || code === 'ETIMEDOUT' || isEndOfAnswer(error)) {
    return `Unable to connect to the server: ${asGoConnects(error)}\n`;
  }
  return lineOf(`error: ${asGoSays(messagesOf(error)).replace(/^error: /, '')}`);
}

/** What is told of files says itself why the server could not be asked about them. */
const isUnconnected = (message: string): boolean =>
  /context deadline exceeded|proxyconnect|socks connect|i\/o timeout/.test(message) &&
  !/^(error validating|unable to recognize) "/.test(message);

/** The end of a connection, not of an input file. */
const isEndOfAnswer = (error: unknown): boolean =>
  ['EOF', 'unexpected EOF'].includes(messagesOf(error)) && !(error instanceof ConfigurationError);

/** The reason for a failed connection in Go's words, with the DNS server for unknown names. */
export function asGoConnects(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, hostname } = at as { code?: string; hostname?: string };
    if (code === 'ENOTFOUND' && hostname !== undefined) return `dial tcp: lookup ${hostname}${asked()}: no such host`;
  }
  return messagesOf(error);
}

function asked(): string {
  try {
    const [, server] = /^nameserver\s+(\S+)/m.exec(readFileSync('/etc/resolv.conf', 'utf8')) ?? [];
    return server === undefined ? '' : ` on ${server.includes(':') ? `[${server}]` : server}:53`;
  } catch {
    return ''; // no DNS server
  }
}

const lineOf = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** File system errors in upstream's words: `open x: no such file or directory`. */
export function asGoSays(message: string): string {
  // OpenSSL's messages.
  if (message.endsWith('key values mismatch')) return 'tls: private key does not match public key';
  return message
    .replace(/E[A-Z]{3,}: ([^,]+), (\w+) '([^']*)'/g, '$2 $3: $1')
    .replace('illegal operation on a directory', 'is a directory');
}

/** The answer of a server that an error is about. */
export function statusOf(error: unknown): StatusError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (reasonOf(at)) return at as StatusError;
  return undefined;
}

function statusText(status: StatusError, error: unknown, several: boolean): string {
  if (status.reason === 'Unauthorized') return 'error: You must be logged in to the server (Unauthorized)\n';
  // Upstream formats only a single failure this way.
  if (status.reason === 'Invalid' && status === error && !several) return invalidText(status);
  const reason = status.reason === 'Unknown' ? '' : ` (${status.reason})`;
  return lineOf(`Error from server${reason}: ${messagesOf(error)}`);
}

/** `The Pod "x" is invalid: spec.containers: Required value`, or one problem a line. */
function invalidText(status: StatusError): string {
  const { kind = '', name = '', causes = [] } = status.details ?? {};
  if (causes.length === 0) return `The request is invalid: ${status.message}\n`;
  const problems = causes.map(({ field = '', message = '' }) => `${field}: ${message}`);
  const unique = [...new Set(problems)];
  const subject = kind || name ? `The ${kind} ${JSON.stringify(name)} is invalid: ` : 'The request is invalid: ';
  return unique.length === 1
    ? lineOf(`${subject}${unique[0]}`)
    : `${subject}\n${unique.map((line) => `* ${line}\n`).join('')}`;
}

function deepCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = codeOf(at);
    if (code) return code;
    if (at instanceof AggregateError) return codeOf(at.errors[0]);
  }
  return undefined;
}

/** OpenSSL writes IPv6 addresses out; Go does not. */
const shortened = (name: string): string =>
  name.includes(':') ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;

/** Problems with the server's certificate, in Go's words. */
function certificateText(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { host = '', cert } = at as { host?: string; cert?: { subjectaltname?: string } };
    switch (codeOf(at)) {
      case 'ERR_TLS_CERT_ALTNAME_INVALID': {
        const isAddress = /^[\d.]+$|:/.test(host);
        const wanted = (cert?.subjectaltname ?? '')
          .split(', ')
          .filter((name) => name.startsWith(isAddress ? 'IP Address:' : 'DNS:'))
          .map((name) => shortened(name.replace(/^(DNS|IP Address):/, '')));
        if (wanted.length === 0) return `certificate is not valid for any names, but wanted to match ${host}`;
        return `certificate is valid for ${wanted.join(', ')}, not ${host}`;
      }
      case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      case 'SELF_SIGNED_CERT_IN_CHAIN':
      case 'DEPTH_ZERO_SELF_SIGNED_CERT':
        return 'certificate signed by unknown authority';
      case 'CERT_HAS_EXPIRED':
      case 'CERT_NOT_YET_VALID':
        return 'certificate has expired or is not yet valid';
      default:
    }
  }
  return undefined;
}
