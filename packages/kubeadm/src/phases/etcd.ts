import { encodeYaml } from '@typernetes/process';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
import { etcdPod } from '../manifests/etcd.ts';
import { manifestsFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';

export const etcdManifest = `${manifestsFolder}/etcd.yaml`;

export const etcdPhase: Phase<InitContext> = {
  name: 'etcd',
  short: 'Generate static Pod manifest file for local etcd',
  help: { onlyParts: true },
  skipIf: ({ config }) => (config.cluster.storage.kind === 'embedded' ? 'there is no etcd' : undefined),
  phases: [
    {
      name: 'local',
      short: 'Generate the static Pod manifest file for a local, single-node local etcd instance',
      help: {
        examples: [
          { what: 'The manifest that init would write', line: 'init phase etcd local' },
          { what: 'The same for a cluster that a file describes', line: 'init phase etcd local --config config.yaml' },
        ],
      },
      async run({ config, host, output, patches }) {
        const { storage } = config.cluster;
        if (storage.kind === 'external-etcd') {
          output.out('[etcd] External etcd mode. Skipping the creation of a manifest for local etcd\n');
        }
        if (storage.kind !== 'stacked-etcd') return;
        output.out(`[etcd] Creating static Pod manifest for local etcd in "${manifestsFolder}"\n`);
        await host.files.makeFolder(storage.dataDir, { mode: 0o700 });
        await host.files.write(etcdManifest, encodeYaml(await patches.apply('etcd', etcdPod(config, storage))), {
          mode: 0o600,
        });
        logStep(output, 'local.go:66', `[etcd] wrote Static Pod manifest for a local etcd member to "${etcdManifest}"`);
      },
    },
  ],
};
