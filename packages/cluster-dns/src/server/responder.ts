import type { Clock } from '@typernetes/base';
import { fitted, formatError, type Query, readQuery, udpLimit } from '../plugins/query.ts';
import type { Servers } from './chain.ts';
import type { DnsMetrics } from './dns-metrics.ts';

export interface ReceivedQuery {
  readonly message: Buffer;
  readonly protocol: Query['protocol'];
  readonly client: Query['client'];
  readonly signal: AbortSignal;
}

interface ResponderDeps {
  readonly servers: Servers;
  readonly port: number;
  /** The address that the port is of; empty for the usual one. */
  readonly host?: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics?: Pick<DnsMetrics, 'answered'>;
}

/** TCP messages have a two-byte length. */
const tcpLimit = 65_535;

/** Answers a DNS message within the client's size limit; undefined when it is not a query at all. */
export async function respond(
  { message, protocol, client, signal }: ReceivedQuery,
  { servers, port, host = '', clock, metrics }: ResponderDeps,
): Promise<Buffer | undefined> {
  const startedAt = clock.monotonic();
  const query = readQuery(message, { protocol, client, signal });
  if (query === 'response' || (!query && message.length < 12)) return undefined;
  const { reply, zone }: Awaited<ReturnType<Servers['answer']>> = query
    ? await servers.answer(query, { port, host })
    : { reply: { message: formatError(message), by: '' }, zone: '.' };
  const answer = query ? fitted(query, reply, protocol === 'tcp' ? tcpLimit : udpLimit(query)) : reply.message;
  const seconds = (clock.monotonic() - startedAt) / 1000;
  metrics?.answered({ message, protocol, client: client.address, query, reply, zone, port, host, seconds });
  return reply.isDropped ? undefined : answer;
}
