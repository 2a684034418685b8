import { apiVersionOf } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { usageError } from './result.ts';

export const apiVersionsCommand = defineCommand({
  use: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  flags: {},
  async run({ positional }, session) {
    if (positional.length > 0) throw usageError('api-versions', `unexpected arguments: [${positional.join(' ')}]`);
    session.resources.refresh();
    const versions = new Set((await session.resources.everyVersion()).map(apiVersionOf));
    for (const version of [...versions].sort()) session.io.out(`${version}\n`);
    return 0;
  },
});
