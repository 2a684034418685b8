import type { Argument, NodeRegistration } from '../config/internal.ts';

/**
 * The environment file with this machine's flags for the kubelet's service: `KUBELET_KUBEADM_ARGS="--a=b ..."`.
 * The service's shell splits the value at blanks, so flags with blanks are refused here.
 */
export function flagsEnvironment(
  node: NodeRegistration,
  options: { registerTaints: boolean; nodeName: boolean },
): string {
  const args: Argument[] = [
    ...(options.nodeName ? [{ name: 'hostname-override', value: node.name }] : []),
    ...(options.registerTaints && node.taints.length > 0
      ? [{ name: 'register-with-taints', value: node.taints.map(taintText).join(',') }]
      : []),
  ];
  const replaced = new Set(node.kubeletExtraArgs.map((argument) => argument.name));
  const all = [...args.filter((argument) => !replaced.has(argument.name)), ...node.kubeletExtraArgs];
  for (const { name, value } of all) {
    if (/[\s"'$`\\]/.test(value))
      throw new Error(`Cannot pass kubelet argument "${name}": its value "${value}" needs quoting`);
  }
  return `KUBELET_KUBEADM_ARGS="${all.map(({ name, value }) => `--${name}=${value}`).join(' ')}"\n`;
}

function taintText(taint: { key: string; value?: string; effect: string }): string {
  return `${taint.key}=${taint.value ?? ''}:${taint.effect}`;
}
