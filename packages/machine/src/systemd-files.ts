import type { MachineFile } from './machine-file.ts';

/** The folder of the units that systemd starts in a machine. */
const target = 'etc/systemd/system/machine.target';

/**
 * Units that must not run in a machine: they manage devices, kernel settings and networks that belong to the host or that the first process has set up
 * already. An empty file masks the unit of its name.
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

/** `multi-user.target` of a machine starts only what a node needs, not the services of the host. */
const targetUnit = `[Unit]
Description=A machine of Typernetes
Requires=basic.target
After=basic.target
AllowIsolate=yes
Wants=systemd-journald.service dbus.service systemd-logind.service containerd.service kubelet.service
`;

/**
 * Containers whose first process ignores signals would delay a shutdown for systemd's default of 90 s, as on servers; a machine without systemd (`init.sh`)
 * waits 10 s for what is left, too. Pods that need longer have the kubelet's shutdownGracePeriod, which comes first.
 */
const managerSettings = `[Manager]
DefaultTimeoutStopSec=10s
`;

/** As in `init.sh`; the manager continues without it. */
const leftovers = `[Service]
ExecStartPre=-/usr/local/sbin/containerd-leftovers note
ExecStartPost=-/usr/local/sbin/containerd-leftovers remove
`;

/** The files for a machine whose first process is systemd (`init.sh` starts it), with only what a node needs. */
export function systemdFiles(): MachineFile[] {
  return [
    { path: target, content: targetUnit },
    { path: 'etc/systemd/system.conf.d/machine.conf', content: managerSettings },
    { path: 'etc/systemd/system/containerd.service.d/leftovers.conf', content: leftovers },
    ...masked.map((unit) => ({ path: `etc/systemd/system/${unit}`, content: '' })),
  ];
}
