import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction } from '@typernetes/api/core/v1';
import { kubernetesVersion } from '@typernetes/base';

/** Every probe has a connection of its own, but the costly part of the TLS handshake is done once for each server. */
const secureAgent = new Agent({ keepAlive: false, rejectUnauthorized: false });

/** How much of an answer is read: it may end up in an event. */
const maxBodyBytes = 10 * 1024;

/** The number of a port that is given by number or by a container port's name. */
export function portNumber(container: Container, port: number | string): number {
  const number = typeof port === 'number' ? port : /^\d+$/.test(port) ? Number(port) : undefined;
  const found = number ?? container.ports?.find(({ name }) => name === port)?.containerPort;
  if (found === undefined) throw new Error(`couldn't find port: ${port}`);
  return found;
}

/** Asks as a probe does: no redirect to another host, no verification of certificates. Rejects when no answer came in time. */
export function httpAction(
  container: Container,
  action: HTTPGetAction,
  options: { podIp: string; timeoutMs: number; signal: AbortSignal },
): Promise<{ status: number; body: string }> {
  const host = action.host || options.podIp;
  const secure = action.scheme?.toUpperCase() === 'HTTPS';
  const headers: Record<string, string> = {
    'User-Agent': `kube-probe/${kubernetesVersion.slice(1).split('.', 2).join('.')}`,
    Accept: '*/*',
  };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  const port = portNumber(container, action.port);
  const path = action.path?.startsWith('/') === false ? `/${action.path}` : (action.path ?? '/');
  const target = { host, port, path, headers, method: 'GET' };
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = AbortSignal.any([options.signal, timeout]);
    const call = secure
      ? httpsRequest({ ...target, agent: secureAgent, signal })
      : httpRequest({ ...target, agent: false, signal });
    const url = `${secure ? 'https' : 'http'}://${host}:${port}${path}`;
    const fail = (error: Error): void =>
      reject(
        new Error(
          `Get "${url}": ${timeout.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : dialText(error, host, port)}`,
        ),
      );
    call.on('error', fail);
    call.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (body.length < maxBodyBytes) body += text;
      });
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: body.slice(0, maxBodyBytes) }));
    });
    call.end();
  });
}

/** Resolves once a connection stands. */
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

/** A failed connection in the words that Go's network library has for it. */
function dialText(error: Error, host: string, port: number): string {
  const code = 'code' in error ? String(error.code) : '';
  return `dial tcp ${host}:${port}: ${dialFailures[code] ?? error.message}`;
}
