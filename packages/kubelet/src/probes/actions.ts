import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Container, HTTPGetAction } from '@typernetes/api/core/v1';
import { kubernetesVersion } from '@typernetes/base';

/**
 * Every probe opens a new connection; TLS sessions are reused, since a full handshake is costly, and so is the context: it reads
 * the list of ciphers.
 */
const secureAgent = new Agent({ keepAlive: false, rejectUnauthorized: false, secureContext: createSecureContext() });

/** How much of a response is read: it may end up in an event. */
const maxBodyBytes = 10 * 1024;

/** The number of a port that is given as a number or by a container port's name. */
export function portNumber(container: Container, port: number | string): number {
  const number = typeof port === 'number' ? port : /^\d+$/.test(port) ? Number(port) : undefined;
  const found = number ?? container.ports?.find(({ name }) => name === port)?.containerPort;
  if (found === undefined) throw new Error(`couldn't find port: ${port}`);
  return found;
}

const version = kubernetesVersion.slice(1).split('.', 2).join('.');

/** The User-Agent of probes. */
export const probeAgent = `kube-probe/${version}`;

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

interface HttpOptions {
  readonly podIp: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The sender, for the User-Agent. */
  readonly agent: 'kube-probe' | 'kube-lifecycle';
}

/** The maximum number of requests, redirects included, as in Go's client. */
const maxRequests = 10;

/**
 * Sends the HTTP request of a probe or hook, without verifying certificates. Follows redirects on the same host; a
 * redirect to another host is itself the response. Rejects when no response came in time.
 */
export async function httpAction(
  container: Container,
  action: HTTPGetAction,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  const first = urlOf(container, action, options.podIp);
  let url = first;
  for (let requests = 0; requests < maxRequests; requests++) {
    const answer = await get(url, headersOf(action, options.agent), signal).catch((error: Error) => {
      const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
      throw new Error(`Get "${url}": ${timeout.aborted ? late : dialText(error, url.hostname, portOf(url))}`);
    });
    const next = isRedirect(answer.status) && answer.location ? new URL(answer.location, url) : undefined;
    if (!next || next.hostname !== first.hostname) return answer;
    url = next;
  }
  throw new Error(`Get "${url}": stopped after ${maxRequests} redirects`);
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

/** The URL of the request. */
function urlOf(container: Container, action: HTTPGetAction, podIp: string): URL {
  const host = action.host || podIp;
  const scheme = action.scheme?.toLowerCase() === 'https' ? 'https' : 'http';
  const path = action.path?.startsWith('/') === false ? `/${action.path}` : (action.path ?? '/');
  const port = portNumber(container, action.port);
  return new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`);
}

type Headers = Record<string, string | string[]>;

/** The pod's headers override ours; duplicates are all sent. */
function headersOf(action: HTTPGetAction, agent: string): Headers {
  const own = Map.groupBy(action.httpHeaders ?? [], ({ name }) => name.toLowerCase());
  const headers: Headers = {};
  for (const [name, value] of [
    ['User-Agent', `${agent}/${version}`],
    ['Accept', '*/*'],
  ] as const)
    if (!own.has(name.toLowerCase())) headers[name] = value;
  for (const entries of own.values()) {
    const values = entries.map(({ value }) => value);
    const [first = ''] = values;
    const { name } = entries[0] as { name: string };
    // An empty value suppresses our own header.
    if (first !== '' || !['user-agent', 'accept'].includes(name.toLowerCase()))
      headers[name] = values.length === 1 ? first : values;
  }
  return headers;
}

function get(url: URL, headers: Headers, signal: AbortSignal): Promise<HttpAnswer & { location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'GET', headers, signal } as const;
    const call =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: secureAgent })
        : httpRequest(url, { ...options, agent: false });
    call.on('error', reject);
    call.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < maxBodyBytes) body += text;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: body.slice(0, maxBodyBytes),
          location: response.headers.location,
        }),
      );
    });
    call.end();
  });
}

/** Resolves once the connection is established. */
export function tcpAction(options: {
  host: string;
  port: number;
  timeoutMs: number;
  signal: AbortSignal;
}): Promise<void> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const onAbort = (): void => void socket.destroy(new Error('i/o timeout'));
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      act();
    };
    socket.on('connect', () => settle(resolve));
    socket.on('error', (error) => settle(() => reject(new Error(dialText(error, host, port)))));
  });
}

const dialFailures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
};

/** A connection error in the words of Go's network library. */
function dialText(error: Error, host: string, port: number): string {
  const code = 'code' in error ? String(error.code) : '';
  return `dial tcp ${host}:${port}: ${dialFailures[code] ?? error.message}`;
}
