import { encodeYaml, versionInfo } from '@typernetes/process';
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
    const clientVersion = versionInfo;
    switch (flags.output) {
      case '':
        return output.out(`kubeadm version: ${goText}\n`);
      case 'short':
        return output.out(`${clientVersion.gitVersion}\n`);
      case 'yaml':
        return output.out(`${encodeYaml({ clientVersion })}\n`);
      case 'json':
        return output.out(`${JSON.stringify({ clientVersion }, undefined, 2)}\n`);
      default:
        throw new CommandError(`invalid output format: ${flags.output}`);
    }
  },
});

/** The version as Go prints the struct; a client has no emulation version. */
const goText = (() => {
  const { major, minor, ...build } = versionInfo;
  const ofServers = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'];
  const fields = { major, minor, ...Object.fromEntries(ofServers.map((name) => [name, ''])), ...build };
  const texts = Object.entries(fields).map(
    ([name, value]) => `${name.replace(/^./, (c) => c.toUpperCase())}:"${value}"`,
  );
  return `&version.Info{${texts.join(', ')}}`;
})();
