import { codeOf } from '@typernetes/base';
import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
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
    if (!isRefused(error)) throw asMissingContext(error);
    const host = new URL(session.server).host;
    throw new Error(
      `couldn't get available api versions from server: Get "${session.server.replace(/\/$/, '')}/api?timeout=32s": dial tcp ${host}: connect: connection refused`,
    );
  }
}

/** Whether nobody listens there. */
function isRefused(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause)
    if (codeOf(at) === 'ECONNREFUSED' || (at instanceof AggregateError && isRefused(at.errors[0]))) return true;
  return false;
}
