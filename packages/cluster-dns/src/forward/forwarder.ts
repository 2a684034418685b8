import { createSocket, type Socket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '@typernetes/base';

/** Hands a query on and brings back the answer, both as DNS messages. */
export interface Forwarder {
  /** Rejects when no server answered in time. */
  forward(query: Buffer, signal: AbortSignal): Promise<Buffer>;
}

export interface ForwarderOptions {
  /** `ip`, `ip:port` or `[ip]:port`, asked in order. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The name servers of a resolv.conf. */
export function nameServers(resolvConf: string): string[] {
  return [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] as string);
}

/** One that has not answered is asked after the others for so long: every query would wait for it first. */
const avoidMs = 10_000;

/** Asks over UDP, and again over TCP when the answer was truncated; goes on to the next server when one does not answer. */
export function forwarder(options: ForwarderOptions): Forwarder {
  const { clock, servers } = options;
  const avoidUntil = new Map<string, number>();
  const inOrder = (): readonly string[] => {
    const now = clock.monotonic();
    const isAvoided = (server: string): boolean => (avoidUntil.get(server) ?? 0) > now;
    return [...servers.filter((server) => !isAvoided(server)), ...servers.filter(isAvoided)];
  };
  return {
    async forward(query, signal) {
      const failures: unknown[] = [];
      for (const server of inOrder()) {
        const address = addressOf(server);
        try {
          const answer = await withTimeout((scope) => askUdp(query, address, scope), options, signal);
          const whole = isTruncated(answer)
            ? await withTimeout((scope) => askTcp(query, address, scope), options, signal)
            : answer;
          avoidUntil.delete(server);
          return whole;
        } catch (error) {
          if (!signal.aborted) avoidUntil.set(server, clock.monotonic() + avoidMs);
          failures.push(error);
        }
      }
      throw new AggregateError(failures, `Cannot forward query: no answer from ${options.servers.length} servers`);
    },
  };
}

const headBytes = 12;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Of `ip`, `ip:port` or `[ip]:port`. */
function addressOf(server: string): Address {
  if (isIPv6(server)) return { host: server, port: 53 };
  const [, host = '', port = '53'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(server) ?? [];
  return { host, port: Number(port) };
}

async function withTimeout<T>(
  ask: (scope: AbortSignal) => Promise<T>,
  { clock, timeoutMs }: ForwarderOptions,
  signal: AbortSignal,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    return await ask(AbortSignal.any([signal, timeout.signal]));
  } finally {
    cancel();
  }
}

function askUdp(query: Buffer, { host, port }: Address, signal: AbortSignal): Promise<Buffer> {
  const socket: Socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<Buffer>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('error', reject);
    // Connected: the kernel drops answers from anyone else, and reports unreachable ports.
    socket.connect(port, host, () => {
      socket.on('message', (answer) => {
        // What is shorter than a head is no answer to anything.
        if (answer.length >= headBytes && answer.readUInt16BE(0) === query.readUInt16BE(0)) resolve(answer);
      });
      socket.send(query, (error) => {
        if (error) reject(error);
      });
    });
  }).finally(() => socket.close());
}

function askTcp(query: Buffer, { host, port }: Address, signal: AbortSignal): Promise<Buffer> {
  const socket = connect(port, host);
  return new Promise<Buffer>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('connection closed before the answer')));
    socket.on('connect', () => socket.write(lengthPrefixed(query)));
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

const isTruncated = (message: Buffer): boolean => ((message[2] ?? 0) & 0x02) !== 0;
