/**
 * The flags of phases that are run alone (`kubeadm init phase certs ca`), as in upstream's v1.36, and a few more where a phase would otherwise lack
 * information (`commands/surface.test.ts` names them); by the phase's path.
 */
type PhaseFlags = Readonly<Record<string, readonly string[]>>;

const file = ['config', 'dry-run'] as const;

const certificate = [...file, 'cert-dir', 'kubernetes-version'];
const servingNames = [
  'apiserver-advertise-address',
  'apiserver-cert-extra-sans',
  'control-plane-endpoint',
  'service-cidr',
  'service-dns-domain',
];
const kubeconfig = [
  ...file,
  'apiserver-advertise-address',
  'apiserver-bind-port',
  'cert-dir',
  'control-plane-endpoint',
  'kubeconfig-dir',
  'kubernetes-version',
];
const manifest = [...file, 'cert-dir', 'image-repository', 'kubernetes-version', 'patches'];
const apiServer = [
  'apiserver-advertise-address',
  'apiserver-bind-port',
  'control-plane-endpoint',
  'feature-gates',
  'service-cidr',
];
const addon = [...file, 'image-repository', 'kubeconfig', 'kubernetes-version'];
const coredns = ['feature-gates', 'service-cidr', 'service-dns-domain'];
const proxy = ['apiserver-advertise-address', 'apiserver-bind-port', 'control-plane-endpoint', 'pod-network-cidr'];
const upload = [...file, 'cri-socket', 'kubeconfig'];

export const initPhaseFlags: PhaseFlags = {
  preflight: [...file, 'cri-socket', 'ignore-preflight-errors', 'image-repository'],
  'certs/all': [...certificate, ...servingNames],
  'certs/ca': certificate,
  'certs/apiserver': [...certificate, ...servingNames],
  'certs/apiserver-kubelet-client': certificate,
  'certs/front-proxy-ca': certificate,
  'certs/front-proxy-client': certificate,
  'certs/etcd-ca': certificate,
  'certs/etcd-server': certificate,
  'certs/etcd-peer': certificate,
  'certs/etcd-healthcheck-client': certificate,
  'certs/apiserver-etcd-client': certificate,
  'certs/sa': certificate,
  'kubeconfig/all': [...kubeconfig, 'node-name'],
  'kubeconfig/admin': kubeconfig,
  'kubeconfig/super-admin': kubeconfig,
  'kubeconfig/kubelet': [...kubeconfig, 'node-name'],
  'kubeconfig/controller-manager': kubeconfig,
  'kubeconfig/scheduler': kubeconfig,
  'etcd/local': [...file, 'cert-dir', 'image-repository', 'patches'],
  'control-plane/all': [...manifest, ...apiServer, 'pod-network-cidr'],
  'control-plane/apiserver': [...manifest, ...apiServer],
  'control-plane/controller-manager': [...manifest, 'pod-network-cidr'],
  'control-plane/scheduler': manifest,
  'kubelet-start': [...file, 'cri-socket', 'image-repository', 'node-name', 'patches'],
  'wait-control-plane': file,
  'upload-config/all': upload,
  'upload-config/kubeadm': upload,
  'upload-config/kubelet': upload,
  'upload-certs': [...file, 'certificate-key', 'kubeconfig', 'skip-certificate-key-print', 'upload-certs'],
  'mark-control-plane': [...file, 'node-name'],
  'bootstrap-token': [...file, 'kubeconfig', 'skip-token-print'],
  'kubelet-finalize/all': [...file, 'cert-dir'],
  'kubelet-finalize/enable-client-cert-rotation': [...file, 'cert-dir'],
  'addon/all': [...addon, ...proxy, ...coredns],
  'addon/coredns': [...addon, ...coredns, 'print-manifest'],
  'addon/kube-proxy': [...addon, ...proxy, 'print-manifest'],
  'show-join-command': [...file, 'kubeconfig', 'skip-token-print'],
};

const discovery = [
  ...file,
  'control-plane',
  'discovery-file',
  'discovery-token',
  'discovery-token-ca-cert-hash',
  'discovery-token-unsafe-skip-ca-verification',
  'tls-bootstrap-token',
  'token',
];
const own = ['apiserver-advertise-address', 'node-name'];
const port = ['apiserver-bind-port'];

export const joinPhaseFlags: PhaseFlags = {
  preflight: [...discovery, ...own, ...port, 'certificate-key', 'cri-socket', 'ignore-preflight-errors'],
  'control-plane-prepare/all': [...discovery, ...own, ...port, 'certificate-key', 'patches'],
  'control-plane-prepare/download-certs': [...discovery, 'certificate-key'],
  'control-plane-prepare/certs': [...discovery, ...own],
  'control-plane-prepare/kubeconfig': [...discovery, ...port, 'certificate-key'],
  'control-plane-prepare/control-plane': [...file, 'apiserver-advertise-address', ...port, 'control-plane', 'patches'],
  'kubelet-start': [...discovery, 'cri-socket', 'node-name', 'patches'],
  'etcd-join': [...file, ...own, 'control-plane', 'patches'],
  'kubelet-wait-bootstrap': [...file, 'cri-socket'],
  'control-plane-join/all': [...file, ...own, 'control-plane', 'patches'],
  'control-plane-join/mark-control-plane': [...file, 'control-plane', 'node-name'],
  'wait-control-plane': [...file, 'apiserver-advertise-address', ...port, 'control-plane'],
};

export const resetPhaseFlags: PhaseFlags = {
  preflight: [...file, 'force', 'ignore-preflight-errors'],
  'remove-etcd-member': [...file, 'kubeconfig'],
  'cleanup-node': [...file, 'cert-dir', 'cleanup-tmp-dir', 'cri-socket'],
};

const upgrade = [...file, 'kubeconfig'];
const changes = [...upgrade, 'certificate-renewal', 'etcd-upgrade', 'patches'];

const upgradePhaseFlags: PhaseFlags = {
  'control-plane': changes,
  'upload-config/all': upgrade,
  'upload-config/kubeadm': upgrade,
  'upload-config/kubelet': upgrade,
  kubeconfig: upgrade,
  'kubelet-config': [...upgrade, 'patches'],
  'bootstrap-token': upgrade,
  'addon/all': [...upgrade, 'patches'],
  'addon/coredns': [...upgrade, 'patches'],
  'addon/kube-proxy': upgrade,
  'post-upgrade': upgrade,
};

export const upgradeApplyPhaseFlags: PhaseFlags = {
  preflight: [
    ...upgrade,
    'allow-experimental-upgrades',
    'allow-release-candidate-upgrades',
    'force',
    'ignore-preflight-errors',
    'yes',
  ],
  ...upgradePhaseFlags,
};

export const upgradeNodePhaseFlags: PhaseFlags = {
  preflight: [...upgrade, 'ignore-preflight-errors'],
  ...upgradePhaseFlags,
};
