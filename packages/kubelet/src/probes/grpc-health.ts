import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { systemClock } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';

/** The answer of a server's health service, as far as a probe is concerned. */
interface HealthAnswer {
  readonly passed: boolean;
  readonly message: string;
}

const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** Asks `grpc.health.v1.Health/Check` at `address`, without TLS, about a service; '' is the server as a whole. Never rejects. */
export async function grpcHealth(
  address: string,
  service: string,
  { timeoutMs, agent }: { timeoutMs: number; agent: string },
): Promise<HealthAnswer> {
  const deadline = new Date(systemClock.now() + timeoutMs);
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': agent,
    'grpc.enable_http_proxy': 0,
    // Every probe opens a new connection.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
  });
  try {
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(deadline, (error) => (error ? reject(error) : resolve())),
    );
  } catch {
    client.close();
    const within = formatDuration(timeoutMs);
    const message = `timeout: failed to connect service "${address}" within ${within}: context deadline exceeded`;
    return { passed: false, message };
  }
  try {
    const answer = await check(client, service, deadline);
    if (answer === 'SERVING') return { passed: true, message: 'service healthy' };
    return { passed: false, message: `service unhealthy (responded with "${answer}")` };
  } catch (error) {
    return { passed: false, message: failureText(error as ServiceError, timeoutMs) };
  } finally {
    client.close();
  }
}

function failureText(error: ServiceError, timeoutMs: number): string {
  if (error.code === status.UNIMPLEMENTED)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`;
  if (error.code === status.DEADLINE_EXCEEDED)
    return `timeout: health rpc did not complete within ${formatDuration(timeoutMs)}`;
  return `error: health rpc probe failed: rpc error: code = ${codeName(error.code)} desc = ${error.details}`;
}

/** `NOT_FOUND` as Go's library writes it: `NotFound`. */
function codeName(code: number): string {
  const words = (status[code] ?? 'UNKNOWN').toLowerCase().split('_');
  return words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('');
}

function check(client: Client, service: string, deadline: Date): Promise<string> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      healthRequest,
      healthStatus,
      service,
      new Metadata(),
      { deadline },
      (error, answer) => (error ? reject(error) : resolve(answer ?? 'UNKNOWN')),
    ),
  );
}

/** HealthCheckRequest: the service's name is field 1. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return Buffer.alloc(0);
  const length: number[] = [];
  for (let rest = name.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.from([0x0a, ...length, ...name]);
}

/** HealthCheckResponse: the status is field 1, an enum, and left out when it is 0. */
function healthStatus(bytes: Buffer): string {
  const value = bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
  return statuses[value] ?? String(value);
}
