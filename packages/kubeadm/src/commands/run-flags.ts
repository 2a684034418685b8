import { gateHelp } from '../config/feature-gates.ts';

export const dryRunFlag = {
  type: 'boolean',
  help: "Don't apply any changes; just output what would be done.",
  default: false,
} as const;

export const criSocketFlag = {
  type: 'string',
  help: 'Path to the CRI socket to connect. If empty kubeadm will try to auto-detect this value; use this option only if you have more than one CRI installed or if you have non-standard CRI socket.',
} as const;

export const patchesFlag = {
  type: 'string',
  help: 'Path to a directory that contains files named "target[suffix][+patchtype].extension". For example, "kube-apiserver0+merge.yaml" or just "etcd.json". "target" can be one of "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubeletconfiguration", "corednsdeployment". "patchtype" can be one of "strategic", "merge" or "json" and they match the patch formats supported by kubectl. The default "patchtype" is "strategic". "extension" must be either "json" or "yaml". "suffix" is an optional string that can be used to determine which patches are applied first alpha-numerically.',
} as const;

export const featureGatesFlag = {
  type: 'string',
  help: `A set of key=value pairs that describe feature gates for various features. Options are:\n${gateHelp}`,
} as const;
