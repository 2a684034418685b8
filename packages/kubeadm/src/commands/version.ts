import { kubernetesVersion, version } from '@typernetes/base';
import { encodeYaml } from '@typernetes/process';
import { CommandError } from '../output.ts';
import { defineCommand } from './command.ts';

export const versionCommand = defineCommand({
  path: 'version',
  use: 'kubeadm version [flags]',
  short: 'Print the version of kubeadm',
  flags: {
    output: {
      type: 'string',
      short: 'o',
      help: "Output format; available options are 'yaml', 'json' and 'short'",
      default: '',
    },
  } as const,
  async run({ flags }, { output }) {
    const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
    const clientVersion = {
      major,
      minor,
      gitVersion: version,
      platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    };
    switch (flags.output) {
      case '':
        return output.out(
          `kubeadm version: &version.Info{Major:"${major}", Minor:"${minor}", GitVersion:"${version}", Platform:"${clientVersion.platform}"}\n`,
        );
      case 'short':
        return output.out(`${version}\n`);
      case 'yaml':
        return output.out(encodeYaml({ clientVersion }));
      case 'json':
        return output.out(`${JSON.stringify({ clientVersion }, undefined, 2)}\n`);
      default:
        throw new CommandError(`invalid output format: ${flags.output}`);
    }
  },
});
