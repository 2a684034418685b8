import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { notConnected, serverUrl } from '../connection-problem.ts';
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
    const url = JSON.stringify(`${serverUrl(session)}/api?timeout=32s`);
    throw new Error(`couldn't get available api versions from server: Get ${url}: ${why}`);
  }
}
