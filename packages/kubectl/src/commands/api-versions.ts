import { codeOf } from '@typernetes/base';
import { UnreachableError } from '@typernetes/client';
import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import type { Session } from '../session.ts';
import { asMissingContext } from './missing-context.ts';
import { usageError } from './result.ts';

export const apiVersionsCommand = defineCommand({
  use: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  flags: {},
  async run({ positional }, session) {
    if (positional.length > 0) throw usageError('api-versions', `unexpected arguments: [${positional.join(' ')}]`);
    const versions = new Set((await everyVersion(session)).map(apiVersionOf));
    for (const version of [...versions].sort()) session.io.out(`${version}\n`);
    return 0;
  },
});

async function everyVersion(session: Session): Promise<Awaited<ReturnType<Session['resources']['everyVersion']>>> {
  try {
    session.resources.refresh();
    return await session.resources.everyVersion();
  } catch (error) {
    const why = notConnected(error);
    if (why === undefined) throw asMissingContext(error);
    const server = session.server.replace(/^(?=[^/]*$)/, 'http://').replace(/\/$/, '');
    throw new Error(
      `couldn't get available api versions from server: Get ${JSON.stringify(`${server}/api?timeout=32s`)}: ${why}`,
    );
  }
}

/** The reason for a failed connection, in Go's words; undefined for other failures. */
function notConnected(error: unknown): string | undefined {
  if (error instanceof UnreachableError) return error.message;
  const text = errorText(error, '');
  const [, why] = /^Unable to connect to the server: (.*)\n$/s.exec(text) ?? [];
  return why ?? refused(error);
}

/** The address that refused the connection. */
function refused(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { address, port } = at as { address?: string; port?: number };
    if (codeOf(at) === 'ECONNREFUSED' && address !== undefined)
      return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: connect: connection refused`;
    if (at instanceof AggregateError) return refused(at.errors[0]);
  }
  return undefined;
}
