export type { CommandDeps } from './commands/command.ts';
export { runKubeadm } from './commands/main.ts';
export type { CommandResult, Commands, Files, Host, HttpAnswer, Machine, Network, TlsMaterial } from './host.ts';
export { withImageBundle } from './image-bundle.ts';
export { packagedUnit, systemdDropIn } from './kubelet/systemd-unit.ts';
export { sysvScript } from './kubelet/sysv-script.ts';
export { CommandError, type Output } from './output.ts';
export type { PodRemover } from './reset/reset-context.ts';
export { systemHost } from './system-host.ts';
