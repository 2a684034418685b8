import { kubernetesVersion, version } from '@typernetes/base';
import { encodeYaml } from '@typernetes/process';
import { defineCommand } from '../command.ts';

export const versionCommand = defineCommand({
  use: 'version [flags]',
  short: 'Print the client and server version information',
  flags: {
    client: { type: 'boolean', help: 'If true, shows client version only (no server required).', default: false },
    output: { type: 'string', short: 'o', help: "One of 'yaml' or 'json'.", default: '' },
  } as const,
  async run({ flags }, session) {
    const [major, minor] = kubernetesVersion.slice(1).split('.');
    const clientVersion = { major, minor, gitVersion: version };
    const serverVersion = flags.client
      ? undefined
      : await session.client.json<{ gitVersion: string }>('GET', '/version');
    const all = { clientVersion, ...(serverVersion ? { serverVersion } : {}) };
    if (flags.output === 'json') session.io.out(`${JSON.stringify(all, undefined, 2)}\n`);
    else if (flags.output === 'yaml') session.io.out(encodeYaml(all));
    else if (flags.output !== '') throw new Error("--output must be 'yaml' or 'json'");
    else {
      session.io.out(`Client Version: ${version}\n`);
      if (serverVersion) session.io.out(`Server Version: ${serverVersion.gitVersion}\n`);
    }
    return 0;
  },
});
