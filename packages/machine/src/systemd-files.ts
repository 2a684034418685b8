import type { MachineFile } from './machine-file.ts';

/** Where systemd is told what a machine that it runs has to start. */
const target = 'etc/systemd/system/machine.target';

/**
 * Units that have no business in a machine: they look after devices, kernel settings and networks that are the host's, or that the first
 * process has set up already. An empty file masks the unit of its name.
 */
const masked = [
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'networking.service',
  'proc-sys-fs-binfmt_misc.automount',
  'proc-sys-fs-binfmt_misc.mount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-binfmt.service',
  'systemd-firstboot.service',
  'systemd-machine-id-commit.service',
  'systemd-modules-load.service',
  'systemd-networkd.service',
  'systemd-pstore.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-resolved.service',
  'systemd-sysctl.service',
  'systemd-timesyncd.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-udev-settle.service',
  'systemd-udev-trigger.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udevd.service',
];

/** Of `multi-user.target` only what a node needs is wanted: the host's own services are not the machine's. */
const targetUnit = `[Unit]
Description=A machine of Typernetes
Requires=basic.target
After=basic.target
AllowIsolate=yes
Wants=systemd-journald.service dbus.service systemd-logind.service containerd.service kubelet.service
`;

/**
 * Containers whose first process takes no signal would hold a shutdown for systemd's usual 90 s, as they do on servers; without systemd a machine
 * (`init.sh`) gives what is left the same 10 s. Pods that need longer have the kubelet's shutdownGracePeriod, which comes before.
 */
const managerSettings = `[Manager]
DefaultTimeoutStopSec=10s
`;

/** As `init.sh` does; the manager goes on without it. */
const leftovers = `[Service]
ExecStartPre=-/usr/local/sbin/containerd-leftovers note
ExecStartPost=-/usr/local/sbin/containerd-leftovers remove
`;

/** What makes systemd the first process of a machine (`init.sh` hands over to it), with as little as a node needs. */
export function systemdFiles(): MachineFile[] {
  return [
    { path: target, content: targetUnit },
    { path: 'etc/systemd/system.conf.d/machine.conf', content: managerSettings },
    { path: 'etc/systemd/system/containerd.service.d/leftovers.conf', content: leftovers },
    ...masked.map((unit) => ({ path: `etc/systemd/system/${unit}`, content: '' })),
  ];
}
