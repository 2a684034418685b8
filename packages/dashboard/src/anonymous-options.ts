import type { HttpTransportOptions } from '@typernetes/client';

/**
 * Connection options for the same server without credentials: those of the pod, or of whoever started the program, are
 * not for its users.
 */
export function anonymousOptions({
  server,
  tls = {},
  proxy,
  connectTimeoutMs,
}: HttpTransportOptions): HttpTransportOptions {
  const { ca, serverName, insecureSkipVerify } = tls;
  return { server, tls: { ca, serverName, insecureSkipVerify }, proxy, connectTimeoutMs, userAgent: 'dashboard' };
}
