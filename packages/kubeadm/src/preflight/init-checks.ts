import type { InitConfig } from '../config/internal.ts';
import { manifestsFolder } from '../paths.ts';
import type { Check } from './check.ts';
import {
  enoughCpus,
  enoughMemory,
  fileContainsOne,
  fileExists,
  fileIsAvailable,
  folderIsEmpty,
  hostNameResolves,
  isRoot,
  kubeletVersion,
  portIsFree,
  programInPath,
  runtimeAnswers,
  swapIsOff,
  systemVerification,
} from './checks.ts';

/** What must hold for any machine of a cluster. */
export function nodeChecks(criSocket: string): Check[] {
  return [
    isRoot,
    runtimeAnswers(criSocket),
    fileContainsOne('/proc/sys/net/ipv4/ip_forward'),
    swapIsOff,
    programInPath('mount', 'fatal'),
    programInPath('iptables', 'a warning'),
    programInPath('conntrack', 'a warning'),
    systemVerification,
    hostNameResolves,
    kubeletVersion,
    portIsFree(10250),
  ];
}

export function initChecks(config: InitConfig): Check[] {
  return [...controlPlaneChecks(config), ...nodeChecks(config.node.criSocket)];
}

/** A machine that becomes a control plane must also be free of an old one. */
export function controlPlaneChecks(config: InitConfig): Check[] {
  const { storage } = config.cluster;
  const stacked =
    storage.kind === 'stacked-etcd' ? [portIsFree(2379), portIsFree(2380), folderIsEmpty(storage.dataDir)] : [];
  const etcdFiles = storage.kind === 'external-etcd' ? [storage.caFile, storage.certFile, storage.keyFile] : [];
  return [
    enoughCpus,
    enoughMemory,
    ...[config.localEndpoint.bindPort, 10259, 10257].map(portIsFree),
    ...stacked,
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((component) =>
      fileIsAvailable(`${manifestsFolder}/${component}.yaml`),
    ),
    ...etcdFiles.filter((file) => file !== '').map(fileExists),
  ];
}
