import { createSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Clock, messageOf, type Random, systemRandom } from '@typernetes/base';
import { headBytes, isTruncated } from '../wire/message.ts';

/** Hands a query on and brings back the answer, both as DNS messages. */
interface Forwarder {
  /** Rejects when no server answered in time. */
  forward(query: Buffer, signal: AbortSignal): Promise<Buffer>;
}

/** A server to forward to. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** Whether to use TLS. */
  readonly tls?: boolean;
  /** The name that its certificate must have, if not the common one. */
  readonly name?: string;
}

export type Policy = 'random' | 'round_robin' | 'sequential';

export interface ForwarderOptions {
  readonly servers: readonly Upstream[];
  /** For each attempt. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The order in which servers are tried; default: `sequential`. */
  readonly policy?: Policy;
  readonly random?: Random;
  readonly forceTcp?: boolean;
  /** For servers with TLS. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'>;
  /** How long an unresponsive server is tried last; default: 10 s. */
  readonly avoidMs?: number;
  readonly onAnswer?: (to: string, answer: Buffer, seconds: number) => void;
}

/** The name servers of a resolv.conf. */
export function nameServers(resolvConf: string): string[] {
  return [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] as string);
}

/** `10.0.0.1:53`, `[fd00::1]:53` */
function upstreamText({ host, port }: Upstream): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Asks over UDP, and again over TCP when the response was truncated; tries the next server when one does not respond.
 */
export function forwarder(options: ForwarderOptions): Forwarder {
  const { clock, servers, policy = 'sequential', random = systemRandom, avoidMs = 10_000 } = options;
  const avoidUntil = new Map<Upstream, number>();
  let turn = 0;
  const chosen = (): readonly Upstream[] => {
    if (policy === 'sequential') return servers;
    const first = policy === 'random' ? Math.floor(random.next() * servers.length) : turn++ % servers.length;
    return [...servers.slice(first), ...servers.slice(0, first)];
  };
  const inOrder = (): readonly Upstream[] => {
    const now = clock.monotonic();
    const isAvoided = (server: Upstream): boolean => (avoidUntil.get(server) ?? 0) > now;
    const all = chosen();
    return [...all.filter((server) => !isAvoided(server)), ...all.filter(isAvoided)];
  };
  return {
    async forward(query, signal) {
      const failures: unknown[] = [];
      for (const server of inOrder()) {
        const startedAt = clock.monotonic();
        try {
          const answer = await exchange(query, server, { options, signal });
          avoidUntil.delete(server);
          options.onAnswer?.(upstreamText(server), answer, (clock.monotonic() - startedAt) / 1000);
          return answer;
        } catch (error) {
          // Every query would wait for it first.
          if (!signal.aborted) avoidUntil.set(server, clock.monotonic() + avoidMs);
          failures.push(error);
        }
      }
      throw new AggregateError(failures, failures.map(messageOf).join('; '));
    },
  };
}

interface Exchange {
  readonly options: ForwarderOptions;
  readonly signal: AbortSignal;
}

async function exchange(query: Buffer, server: Upstream, { options, signal }: Exchange): Promise<Buffer> {
  const overStream = (): Promise<Buffer> =>
    withTimeout((scope) => askStream(query, server, { scope, tls: options.tls }), options, signal);
  if (server.tls || options.forceTcp) return overStream();
  const answer = await withTimeout((scope) => askUdp(query, server, scope), options, signal);
  return isTruncated(answer) ? overStream() : answer;
}

const timedOut = new Error('i/o timeout');

async function withTimeout<T>(
  ask: (scope: AbortSignal) => Promise<T>,
  { clock, timeoutMs }: ForwarderOptions,
  signal: AbortSignal,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort(timedOut));
  try {
    return await ask(AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancel();
  }
}

/** A failed exchange in Go's words: `read udp 10.244.0.2:4711->10.0.0.1:53: i/o timeout`. */
function failureOf(
  error: unknown,
  way: { readonly protocol: string; readonly local: string; readonly to: Upstream },
): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = code === 'ECONNREFUSED' ? 'connection refused' : messageOf(error);
  return new Error(`read ${way.protocol} ${way.local}->${upstreamText(way.to)}: ${reason}`, { cause: error });
}

function askUdp(query: Buffer, server: Upstream, signal: AbortSignal): Promise<Buffer> {
  const { host, port } = server;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let local = '';
  return new Promise<Buffer>((resolve, reject) => {
    const fail = (error: unknown): void => reject(failureOf(error, { protocol: 'udp', local, to: server }));
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    socket.on('error', fail);
    // Connected: the kernel drops answers from anyone else, and reports unreachable ports.
    socket.connect(port, host, () => {
      const own = socket.address();
      local = upstreamText({ host: own.address, port: own.port });
      socket.on('message', (answer) => {
        // Anything shorter than a header is not a response.
        if (answer.length >= headBytes && answer.readUInt16BE(0) === query.readUInt16BE(0)) resolve(answer);
      });
      socket.send(query, (error) => {
        if (error) fail(error);
      });
    });
  }).finally(() => socket.close());
}

interface Stream {
  readonly scope: AbortSignal;
  readonly tls: ForwarderOptions['tls'];
}

function askStream(query: Buffer, server: Upstream, { scope, tls }: Stream): Promise<Buffer> {
  const { host, port } = server;
  const socket: Socket = server.tls
    ? connectTls({ ...tls, ...(server.name ? { servername: server.name } : {}), host, port })
    : connect(port, host);
  const way = { protocol: server.tls ? 'tcp-tls' : 'tcp', to: server };
  return new Promise<Buffer>((resolve, reject) => {
    const fail = (error: unknown): void => {
      const local = upstreamText({ host: socket.localAddress ?? '', port: socket.localPort ?? 0 });
      reject(failureOf(error, { ...way, local }));
    };
    scope.addEventListener('abort', () => fail(scope.reason), { once: true });
    let received = Buffer.alloc(0);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('EOF')));
    socket.on(server.tls ? 'secureConnect' : 'connect', () => socket.write(lengthPrefixed(query)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        resolve(received.subarray(2, 2 + received.readUInt16BE(0)));
      }
    });
  }).finally(() => socket.destroy());
}

/** Messages over TCP are preceded by their length in two bytes. */
export function lengthPrefixed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
