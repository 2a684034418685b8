import type { InitConfig, NodeRegistration, StorageConfig } from '../config/internal.ts';
import { manifestsFolder } from '../paths.ts';
import { cgroupDriversAgree } from './cgroup-driver-check.ts';
import type { Check } from './check.ts';
import {
  enoughCpus,
  enoughMemory,
  fileContainsOne,
  fileExists,
  fileIsAvailable,
  folderIsEmpty,
  kubeletVersion,
  nodeNameResolves,
  portIsFree,
  programInPath,
  runtimeAnswers,
  swapIsOff,
  systemVerification,
} from './checks.ts';
import {
  bridgesAreFiltered,
  enoughDisk,
  externalEtcdAnswers,
  firewallIsOpen,
  kubeletServiceIsEnabled,
  noProxyTo,
  noProxyToSubnets,
} from './network-checks.ts';

/** Checks the kernel's forwarding settings for the cluster's address families. */
export function forwardingChecks(addresses: readonly string[]): Check[] {
  const has = (six: boolean): boolean => addresses.some((address) => address !== '' && address.includes(':') === six);
  return [
    ...(has(false) ? [fileContainsOne('/proc/sys/net/ipv4/ip_forward'), bridgesAreFiltered('IPv4')] : []),
    ...(has(true) ? [fileContainsOne('/proc/sys/net/ipv6/conf/default/forwarding'), bridgesAreFiltered('IPv6')] : []),
  ];
}

/** The checks for every machine of a cluster. */
export function nodeChecks({ criSocket, name }: Pick<NodeRegistration, 'criSocket' | 'name'>): Check[] {
  return [
    runtimeAnswers(criSocket),
    cgroupDriversAgree(criSocket),
    swapIsOff,
    programInPath('mount', 'fatal'),
    programInPath('losetup', 'a warning', 'util-linux'),
    programInPath('ip', 'a warning', 'iproute2'),
    programInPath('iptables', 'a warning'),
    programInPath('conntrack', 'a warning'),
    programInPath('nft', 'a warning', 'nftables'),
    systemVerification,
    nodeNameResolves(name),
    enoughDisk,
    kubeletVersion,
    kubeletServiceIsEnabled,
    portIsFree(10250),
  ];
}

export function initChecks(config: InitConfig): Check[] {
  const { serviceSubnet, podSubnet, storage } = config.cluster;
  const addresses = [...serviceSubnet.split(','), ...podSubnet.split(','), config.localEndpoint.advertiseAddress];
  return [
    ...controlPlaneChecks(config),
    ...nodeChecks(config.node),
    ...forwardingChecks(addresses),
    externalEtcdAnswers(storage),
    ...storageChecks(storage),
  ];
}

/** The checks for a further control plane: no old one may be left on the machine. With `download`, certificates for an etcd elsewhere come later. */
export function joiningControlPlaneChecks(config: InitConfig, { download }: { download: boolean }): Check[] {
  const { storage } = config.cluster;
  const comesLater = download && storage.kind === 'external-etcd';
  return [...controlPlaneChecks(config), ...(comesLater ? [] : storageChecks(storage))];
}

function controlPlaneChecks(config: InitConfig): Check[] {
  const { advertiseAddress, bindPort } = config.localEndpoint;
  const { serviceSubnet, podSubnet } = config.cluster;
  return [
    enoughCpus,
    enoughMemory,
    firewallIsOpen([bindPort, 10250]),
    ...[bindPort, 10259, 10257].map(portIsFree),
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((component) =>
      fileIsAvailable(`${manifestsFolder}/${component}.yaml`),
    ),
    noProxyTo(advertiseAddress),
    noProxyToSubnets(`${serviceSubnet},${podSubnet}`),
  ];
}

function storageChecks(storage: StorageConfig): Check[] {
  if (storage.kind === 'stacked-etcd') return [portIsFree(2379), portIsFree(2380), folderIsEmpty(storage.dataDir)];
  const files = storage.kind === 'external-etcd' ? [storage.caFile, storage.certFile, storage.keyFile] : [];
  return files.filter((file) => file !== '').map((file) => fileExists(file, 'ExternalEtcdClientCertificates'));
}
