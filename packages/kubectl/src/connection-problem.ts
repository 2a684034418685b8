import { codeOf } from '@typernetes/base';
import { UnreachableError } from '@typernetes/client';
import { errorText } from './error-text.ts';
import type { Session } from './session.ts';

/** The URL of the server, without a slash at its end. */
export const serverUrl = ({ server }: Pick<Session, 'server'>): string =>
  server.replace(/^(?=[^/]*$)/, 'http://').replace(/\/$/, '');

/** The reason for a failed connection, in Go's words; undefined for other failures. */
export function notConnected(error: unknown): string | undefined {
  if (error instanceof UnreachableError) return error.message;
  const text = errorText(error, '');
  const [, why] = /^Unable to connect to the server: (.*)\n$/s.exec(text) ?? [];
  return why ?? refused(error);
}

/** The address that refused the connection, in Go's words; undefined for other failures. */
export function refused(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { address, port } = at as { address?: string; port?: number };
    if (codeOf(at) === 'ECONNREFUSED' && address !== undefined)
      return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: connect: connection refused`;
    if (at instanceof AggregateError) return refused(at.errors[0]);
  }
  return undefined;
}
