/** Labels of Kubernetes' own domains that a kubelet may write on its node; all other labels of those domains are the administrators'. */
const kubeletLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
]);
const kubeletDomains: readonly string[] = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const reservedDomains: readonly string[] = ['kubernetes.io', 'k8s.io'];

/** Those of the labels that a kubelet may not write, sorted. */
export function labelsOutOfReach(labels: readonly string[]): string[] {
  return labels.filter((label) => !isKubelets(label)).sort();
}

function isKubelets(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
  if (!reservedDomains.some((reserved) => isWithin(domain, reserved))) return true;
  return kubeletLabels.has(label) || kubeletDomains.some((allowed) => isWithin(domain, allowed));
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

/** The keys that were added, removed or given another value. */
export function changedLabels(
  old: Readonly<Record<string, string>> = {},
  next: Readonly<Record<string, string>> = {},
): string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((key) => old[key] !== next[key]);
}
