import { createHash } from 'node:crypto';
import { type ContainerdSettings, containerdConfig, mirrorConfig } from './containerd-config.ts';
import type { MachineFile } from './machine-file.ts';
import type { MachineRecord } from './machine-state.ts';
import { wrapperOf } from './program.ts';
import { systemdFiles } from './systemd-files.ts';

/** The files of a new machine that differ from those of the host. */
export function machineFiles(options: {
  machine: Pick<MachineRecord, 'name' | 'address' | 'created' | 'systemd'>;
  commands: readonly string[];
  containerd: ContainerdSettings;
}): MachineFile[] {
  const { name, address, created, systemd } = options.machine;
  return [
    { path: 'etc/hostname', content: `${name}\n` },
    {
      path: 'etc/hosts',
      content: `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${address} ${name}\n`,
    },
    {
      path: 'etc/resolv.conf',
      content: '# No name server: nothing outside of this host can be reached from a machine.\n',
    },
    { path: 'etc/machine-id', content: `${createHash('md5').update(`${name} ${address} ${created}`).digest('hex')}\n` },
    { path: 'etc/containerd/config.toml', content: containerdConfig(options.containerd) },
    ...(systemd ? systemdFiles() : []),
    { path: 'etc/containerd/certs.d/_default/hosts.toml', content: mirrorConfig() },
    { path: 'etc/crictl.yaml', content: 'runtime-endpoint: unix:///run/containerd/containerd.sock\n' },
    ...options.commands.map((command) => ({
      path: `usr/local/bin/${command}`,
      mode: 0o755,
      content: wrapperOf(command),
    })),
  ];
}
