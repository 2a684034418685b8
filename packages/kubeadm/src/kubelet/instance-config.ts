import { encodeYaml } from '@typernetes/process';
import type { NodeRegistration } from '../config/internal.ts';
import type { Files } from '../host.ts';
import type { Output } from '../output.ts';
import type { Patches } from '../patches/patches.ts';
import { instanceConfigFile, kubeletConfigFile } from '../paths.ts';

/**
 * Writes the kubelet's configuration: the cluster's, merged with this machine's own settings. Those are also kept in a file of their own
 * (`instance-config.yaml`), from which upgrades read them.
 */
export async function writeKubeletConfig(
  kubelet: object,
  {
    node,
    files,
    output,
    patches,
  }: {
    readonly node: Pick<NodeRegistration, 'criSocket'>;
    readonly files: Pick<Files, 'write'>;
    readonly output: Output;
    readonly patches: Patches;
  },
): Promise<void> {
  const instance = { containerRuntimeEndpoint: node.criSocket };
  const document = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', ...instance };
  output.out(`[kubelet-start] Writing kubelet configuration to file "${instanceConfigFile}"\n`);
  await files.write(instanceConfigFile, encodeYaml(document), { mode: 0o644 });
  output.out(
    '[patches] Applied patch of type "application/strategic-merge-patch+json" to target "kubeletconfiguration"\n',
  );
  const text = encodeYaml(await patches.apply('kubeletconfiguration', { ...kubelet, ...instance }));
  output.out(`[kubelet-start] Writing kubelet configuration to file "${kubeletConfigFile}"\n`);
  await files.write(kubeletConfigFile, text, { mode: 0o644 });
}
