import { resolve } from 'node:path';
import type { Cluster } from '@typernetes/api/clientcmd/v1';
import { defineCommand } from '../../command.ts';
import { exactly } from './arguments.ts';
import { embeddedFile } from './embedded-file.ts';

export const setClusterCommand = defineCommand({
  use: 'config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  short: 'Set a cluster entry in kubeconfig',
  flags: {
    'embed-certs': { type: 'boolean', help: 'embed-certs for the cluster entry in kubeconfig', default: false },
    // This flag has no short form here.
    server: { type: 'string', help: 'server for the cluster entry in kubeconfig' },
    'proxy-url': { type: 'string', help: 'proxy-url for the cluster entry in kubeconfig' },
  } as const,
  shownGlobals: ['certificate-authority', 'insecure-skip-tls-verify', 'tls-server-name'],
  async run({ flags, positional }, { kubeconfigFiles, files, io, globalFlags }) {
    const [name] = (await exactly(1, positional, 'config set-cluster')) as [string];
    const authority = globalFlags['certificate-authority'] ?? '';
    const insecure = globalFlags['insecure-skip-tls-verify'];
    if (insecure && authority !== '')
      throw new Error('you cannot specify a certificate authority and insecure mode at the same time');
    if (flags['embed-certs'] && authority === '')
      throw new Error('you must specify a --certificate-authority to embed');
    const before = kubeconfigFiles.merged().clusters;
    const cluster: Cluster = { server: '', ...(Object.hasOwn(before, name) ? before[name] : {}) };
    if (flags.server !== undefined) {
      cluster.server = flags.server;
      // The name belonged to the previous server.
      delete cluster['tls-server-name'];
    }
    const serverName = globalFlags['tls-server-name'];
    if (serverName !== undefined) cluster['tls-server-name'] = serverName;
    // Setting a TLS server name implies verification.
    if (serverName) delete cluster['insecure-skip-tls-verify'];
    if (flags['proxy-url'] !== undefined) cluster['proxy-url'] = flags['proxy-url'];
    if (insecure !== undefined) cluster['insecure-skip-tls-verify'] = insecure;
    if (insecure || authority !== '') {
      delete cluster['certificate-authority'];
      delete cluster['certificate-authority-data'];
    }
    if (authority !== '') {
      delete cluster['insecure-skip-tls-verify'];
      if (flags['embed-certs'])
        cluster['certificate-authority-data'] = await embeddedFile('certificate-authority', authority, files);
      else cluster['certificate-authority'] = resolve(authority);
    }
    kubeconfigFiles.put('clusters', name, cluster);
    io.out(`Cluster ${JSON.stringify(name)} set.\n`);
    return 0;
  },
});
