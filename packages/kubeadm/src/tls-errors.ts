import { connect, type PeerCertificate } from 'node:tls';
import { type Clock, codeOf, messageOf, timestamp } from '@typernetes/base';

/**
 * The error of a failed request, in the words of Go's programs: `Get "https://…": tls: failed to verify certificate: …`.
 * An expired or not yet valid certificate is fetched once more for its dates, by which a wrong clock is recognised.
 */
export async function requestError(
  error: unknown,
  of: { readonly method: string; readonly url: string; readonly clock: Pick<Clock, 'now'> },
): Promise<Error> {
  const reason = await reasonOf(error, of);
  const { method, url } = of;
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  // Without the cause: its words are Node's.
  return new Error(`${verb} "${url}": ${reason ?? (error instanceof Error ? error.message : String(error))}`);
}

/** The kernel's words for why a server cannot be connected to, as Go puts them. */
const connectWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

/** What Go, and the C library, say of a name that has no address. */
export const lookupWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'Temporary failure in name resolution',
};

/** Why a server was not reached, from an error of Node, in Go's words; undefined for errors of other kinds. */
export function dialProblem(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  const [, target = ''] = /^(?:connect|getaddrinfo) [A-Z_]+ (\S+)/.exec(messageOf(error)) ?? [];
  if (target === '') return undefined;
  const notConnected = connectWords[code];
  if (notConnected !== undefined) return `dial tcp ${target}: ${notConnected}`;
  const notFound = lookupWords[code];
  return notFound === undefined ? undefined : `dial tcp: lookup ${target}: ${notFound}`;
}

/** OpenSSL's codes for answers that are not TLS. */
const notTls = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO']);

const outOfTime = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

async function reasonOf(
  error: unknown,
  { url, clock }: { url: string; clock: Pick<Clock, 'now'> },
): Promise<string | undefined> {
  const code = codeOf(error) ?? '';
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const notConnected = connectWords[code];
  if (notConnected !== undefined) return `dial tcp ${hostname}:${port || 443}: ${notConnected}`;
  const notFound = lookupWords[code];
  if (notFound !== undefined) return `dial tcp: lookup ${host}: ${notFound}`;
  if (code === 'ECONNRESET') return 'read: connection reset by peer';
  if (notTls.has(code)) return 'tls: first record does not look like a TLS handshake';
  const unverified = 'tls: failed to verify certificate: x509: ';
  if (unknownAuthority.has(code)) return `${unverified}certificate signed by unknown authority`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = namesOf((error as { cert?: PeerCertificate }).cert);
    return `${unverified}certificate is valid for ${names.join(', ')}, not ${host}`;
  }
  if (!outOfTime.has(code)) return undefined;
  const certificate = await certificateOf({ host, port: Number(port || 443) });
  const now = clock.now();
  const words = `${unverified}certificate has expired or is not yet valid: current time ${timestamp(now)} is`;
  if (!certificate) return `${words} outside of its period`;
  const [from, to] = [certificate.valid_from, certificate.valid_to].map(Date.parse);
  return now < (from ?? 0) ? `${words} before ${timestamp(from ?? 0)}` : `${words} after ${timestamp(to ?? 0)}`;
}

function namesOf(certificate: PeerCertificate | undefined): string[] {
  return (certificate?.subjectaltname ?? '').split(', ').map((name) => name.replace(/^[^:]*:/, ''));
}

/** Undefined if the server does not present it again. Sends no request. */
function certificateOf(server: { host: string; port: number }): Promise<PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...server, rejectUnauthorized: false, timeout: 5000 });
    const settle = (certificate: PeerCertificate | undefined): void => {
      socket.destroy();
      resolve(certificate);
    };
    socket.once('secureConnect', () => settle(socket.getPeerCertificate()));
    socket.once('timeout', () => settle(undefined));
    socket.once('error', () => settle(undefined));
  });
}
