/** Paths on a machine: upstream's, because tools and people look there. */
export const kubernetesFolder = '/etc/kubernetes';
export const manifestsFolder = '/etc/kubernetes/manifests';
export const defaultCertificatesFolder = '/etc/kubernetes/pki';
export const kubeletFolder = '/var/lib/kubelet';
export const kubeletConfigFile = '/var/lib/kubelet/config.yaml';
/** The part of the kubelet's configuration that is specific to this machine. */
export const instanceConfigFile = '/var/lib/kubelet/instance-config.yaml';
export const kubeletEnvironmentFile = '/var/lib/kubelet/kubeadm-flags.env';
/** The current client certificate and key of the kubelet, which rotates them. */
export const kubeletClientCertificate = '/var/lib/kubelet/pki/kubelet-client-current.pem';
export const bootstrapKubeconfig = '/etc/kubernetes/bootstrap-kubelet.conf';
export const kubeletKubeconfig = '/etc/kubernetes/kubelet.conf';
export const adminKubeconfig = '/etc/kubernetes/admin.conf';
export const superAdminKubeconfig = '/etc/kubernetes/super-admin.conf';
/** The embedded store of the API server. */
export const storeFolder = '/var/lib/typernetes/apiserver';
export const storeFile = `${storeFolder}/store.db`;
export const defaultCriSocket = 'unix:///var/run/containerd/containerd.sock';
export const kubeletHealthUrl = 'http://127.0.0.1:10248/healthz';
