import type { InitConfig } from '../config/internal.ts';
import { manifestsFolder } from '../paths.ts';
import type { Check } from './check.ts';
import {
  enoughCpus,
  enoughMemory,
  fileContainsOne,
  fileExists,
  fileIsAvailable,
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

/** A machine that becomes a control plane must also be free of an old one. */
export function initChecks(config: InitConfig): Check[] {
  const { storage } = config.cluster;
  const etcdFiles = storage.kind === 'external-etcd' ? [storage.caFile, storage.certFile, storage.keyFile] : [];
  return [
    enoughCpus,
    enoughMemory,
    ...[config.localEndpoint.bindPort, 10259, 10257].map(portIsFree),
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((component) =>
      fileIsAvailable(`${manifestsFolder}/${component}.yaml`),
    ),
    ...nodeChecks(config.node.criSocket),
    ...etcdFiles.filter((file) => file !== '').map(fileExists),
  ];
}
