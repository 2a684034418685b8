import { readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { version } from '@typernetes/base';
import { packagedUnit, systemdDropIn, sysvScript } from '@typernetes/kubeadm';
import { programDirectory, rehearsalCommand, wrapperOf } from '@typernetes/machine';
import { programFiles } from '../bundle.ts';
import { networkAddon } from '../network-addon.ts';
import type { DebFile, DebPackage } from './deb-package.ts';

const root = resolve(import.meta.dirname, '../..');

/** `v1.36.2+typernetes.0.1.0` without the letter: Debian versions begin with a digit. */
export const debVersion = version.replace(/^v/, '');

/** The packages' counterpart of our machines' {@link programDirectory}. */
const folder = '/usr/lib/typernetes';

/** Compiled code is made on the target machine after installation, and removed with the program. */
const compileOnce = (command: string): string =>
  `[ "$1" = configure ] && TYPERNETES_COMPILE_AHEAD=1 ${command} >/dev/null 2>&1 || true\n`;
/** Running the program stores its compiled code, whether the run succeeds or not. */
const compiled = {
  kubectl: compileOnce(rehearsalCommand(`${folder}/node`, { folder, program: 'kubectl' }).join(' ')),
  kubelet: compileOnce('/usr/bin/kubelet --config /nonexistent'),
  kubeadm: `pki=$(mktemp -d)\n${compileOnce('/usr/bin/kubeadm init phase certs all --cert-dir "$pki"')}rm -rf "$pki"\n`,
};
const forgetCompiled = `case "$1" in remove | upgrade) rm -rf ${folder}/compile-cache ;; esac\n`;

async function programOf(name: string): Promise<DebFile[]> {
  const files = await programFiles(name);
  return [
    ...files.map(({ path, content }) => ({ path: join(folder, path), content })),
    { path: `/usr/bin/${name}`, mode: 0o755, content: wrapperOf(name).replaceAll(programDirectory, folder) },
    { path: `/usr/share/doc/${name}/copyright`, content: { file: join(root, 'LICENSE') } },
  ];
}

const same = (name: string): string => `${name} (= ${debVersion})`;

/**
 * All packages, ordered so that each comes after those it depends on. `images` is the archive of a machine's images.
 */
export async function debPackages(images: string): Promise<DebPackage[]> {
  const node = realpathSync(join(root, 'node_modules/.bin/node'));
  return [
    {
      name: 'typernetes-node',
      version: debVersion,
      summary: 'Node.js runtime of the Typernetes programs',
      description:
        'The runtime that kubeadm, kubelet, kubectl and typernetes are started with. It is not put on the PATH.',
      depends: ['libc6', 'libstdc++6'],
      files: [{ path: `${folder}/node`, mode: 0o755, content: { file: node } }],
    },
    {
      name: 'typernetes-images',
      version: debVersion,
      summary: 'Container images of a Typernetes control plane',
      description:
        'The images that kubeadm would pull, in one archive: kubeadm loads them into the container runtime\nof a machine when they are missing, so that no registry is needed.',
      depends: ['containerd'],
      files: [{ path: '/usr/share/typernetes/images.tar', content: { file: images } }],
    },
    {
      name: 'kubectl',
      version: debVersion,
      summary: 'Command line client of Kubernetes',
      description: 'Controls Kubernetes clusters.',
      depends: [same('typernetes-node')],
      files: await programOf('kubectl'),
      scripts: { postinst: compiled.kubectl, prerm: forgetCompiled },
    },
    {
      name: 'kubelet',
      version: debVersion,
      summary: 'Node agent of Kubernetes',
      description:
        'Runs the pods of a machine. It is configured by kubeadm and kept alive by systemd, or by an init script.',
      depends: [
        same('typernetes-node'),
        'containerd',
        'containernetworking-plugins',
        'conntrack',
        // The kubelet uses the bus to create its pods' slices in systemd, and to learn of shutdowns.
        'dbus',
        'iproute2',
        'iptables',
        'mount',
        'nftables',
        'util-linux',
      ],
      configFiles: ['/etc/default/kubelet'],
      files: [
        ...(await programOf('kubelet')),
        { path: '/lib/systemd/system/kubelet.service', content: packagedUnit('/usr/bin/kubelet') },
        {
          path: '/etc/default/kubelet',
          content: '# Flags for the kubelet: KUBELET_EXTRA_ARGS=--v=2\nKUBELET_EXTRA_ARGS=\n',
        },
        // Without systemd, kubeadm installs the script; this copy is for machines that start the kubelet without
        // systemd.
        { path: '/usr/share/typernetes/kubelet.init', mode: 0o755, content: sysvScript },
      ],
      scripts: {
        postinst: `${compiled.kubelet}${restartKubelet}`,
        prerm: `${forgetCompiled}${stopKubelet}`,
        postrm: 'if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi\n',
      },
    },
    {
      name: 'typernetes',
      version: debVersion,
      summary: "Snapshots of a cluster's store, and its images",
      description:
        'Saves what a cluster keeps in its embedded store, brings it back, and loads images into the container runtime.',
      depends: [same('typernetes-node')],
      files: await programOf('typernetes'),
    },
    {
      name: 'kubeadm',
      version: debVersion,
      summary: 'Makes machines a Kubernetes cluster',
      description: 'Makes a machine a control plane, adds machines to it, upgrades them, and undoes all of it.',
      depends: [
        same('kubelet'),
        same('kubectl'),
        same('typernetes'),
        same('typernetes-images'),
        same('typernetes-node'),
      ],
      files: [
        ...(await programOf('kubeadm')),
        { path: '/lib/systemd/system/kubelet.service.d/10-kubeadm.conf', content: systemdDropIn('/usr/bin/kubelet') },
        { path: '/usr/share/typernetes/network.yaml', content: networkAddon() },
        ...['dashboard.yaml', 'ingress.yaml', 'local-storage.yaml', 'metrics.yaml'].map((addon) => ({
          path: `/usr/share/typernetes/${addon}`,
          content: readFileSync(join(root, 'addons', addon), 'utf8'),
        })),
      ],
      scripts: { postinst: compiled.kubeadm, prerm: forgetCompiled },
    },
  ];
}

/** Pods keep running while the kubelet is replaced. */
const restartKubelet = `if [ "$1" = configure ]; then
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true
    systemctl enable --quiet kubelet || true
    systemctl try-restart kubelet || true
  elif [ -x /etc/init.d/kubelet ] && /etc/init.d/kubelet status >/dev/null; then
    /etc/init.d/kubelet restart || true
  fi
fi
`;

const stopKubelet = `if [ "$1" = remove ]; then
  if [ -d /run/systemd/system ]; then
    systemctl disable --now --quiet kubelet || true
  elif [ -x /etc/init.d/kubelet ]; then
    /etc/init.d/kubelet stop || true
  fi
fi
`;
