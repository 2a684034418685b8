import { encodeYaml } from '@typernetes/process';
import { loadInitConfig } from '../config/load.ts';
import { clusterDocument, initDocument } from '../config/print.ts';
import { defineCommand } from './command.ts';

export const printInitDefaultsCommand = defineCommand({
  path: 'config print init-defaults',
  use: 'kubeadm config print init-defaults [flags]',
  short: "Print default init configuration, that can be used for 'kubeadm init'",
  flags: {},
  async run(_given, { output }) {
    const { config } = loadInitConfig(
      undefined,
      {},
      {
        // Placeholders, as upstream prints them: a real token or address has no place in an example.
        machine: { hostName: 'node' },
        network: { defaultAddress: () => '1.2.3.4' },
        newToken: () => 'abcdef.0123456789abcdef',
      },
    );
    output.out(`${encodeYaml(initDocument(config))}---\n${encodeYaml(clusterDocument(config.cluster))}`);
  },
});
