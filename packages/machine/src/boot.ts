import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { CommandError, hostLimitMs, run, runOn } from './command.ts';
import { address6Of, fabricOf, gatewaysFor, plugIn } from './fabric.ts';
import { templatesInside } from './image-template.ts';
import { homePaths, instanceName } from './installation.ts';
import type { MachineContext } from './machine-context.ts';
import { cgroupOf, type MachineRecord, machinePaths, runtimeOf, writeMachine } from './machine-state.ts';
import { identifyProcess, isSameProcess } from './process-identity.ts';
import { capabilityNames, machineBundle } from './runc-bundle.ts';

/** Scripts of this package, by their names in /usr/local/sbin of a machine. */
const scripts = {
  'machine-init': resolve(import.meta.dirname, '../init.sh'),
  'containerd-leftovers': resolve(import.meta.dirname, '../containerd-leftovers.sh'),
};

/**
 * Starts the machine's first process and waits for its containerd. The root filesystem is mounted in a separate mount
 * namespace, so that nothing is left to unmount however the machine ends; a runtime that is still at work ends with us.
 */
export async function boot(context: MachineContext, machine: MachineRecord): Promise<MachineRecord> {
  const { home } = context.installation;
  const paths = machinePaths(home, machine.name);
  writeFileSync(join(paths.bundle, 'config.json'), JSON.stringify(bundleOf(home, machine)));
  const pidFile = join(paths.root, 'pid');
  const overlay = `lowerdir=/,upperdir=${paths.upper},workdir=${paths.work}`;
  const create = [...runtimeOf(home), 'create', '--bundle', paths.bundle, '--pid-file', pidFile, machine.name];
  const script = 'mount -t overlay overlay -o "$1" "$2" && shift 2 && exec "$@"';
  const log = openSync(paths.log, 'a');
  const command = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    overlay,
    paths.rootfs,
  ];
  const exitCode = await runOn([...command, ...create], ['ignore', log, log], { limitMs: hostLimitMs }).finally(() =>
    closeSync(log),
  );
  if (exitCode !== 0) {
    throw new CommandError('runc create', { exitCode, stderr: readFileSync(paths.log, 'utf8').slice(-2000) });
  }
  const init = identifyProcess(Number(readFileSync(pidFile, 'utf8')));
  await plugIn(fabricOf(instanceName(home)), { address: machine.address, pid: init.pid });
  await run([...runtimeOf(home), 'start', machine.name]);
  const logs = paths.volumes['/var/log'] as string;
  await untilContainerdAnswers(context, { init, log: paths.log, logs });
  const running: MachineRecord = { ...machine, phase: 'running', init };
  writeMachine(home, running);
  return running;
}

function bundleOf(home: string, machine: MachineRecord): object {
  const paths = machinePaths(home, machine.name);
  const effective = /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const [gateway, gateway6] = gatewaysFor(machine.address);
  return machineBundle({
    hostname: machine.name,
    rootfs: paths.rootfs,
    cgroup: `/${cgroupOf(home, machine.name)}`,
    initProgram: '/usr/local/sbin/machine-init',
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      container: 'typernetes',
      MACHINE_ADDRESS: machine.address,
      MACHINE_GATEWAY: gateway,
      MACHINE_ADDRESS6: address6Of(machine.address),
      MACHINE_GATEWAY6: gateway6,
    },
    capabilities: capabilityNames(effective),
    volumes: paths.volumes,
    readOnlyVolumes: {
      [templatesInside]: homePaths(home).templates,
      '/usr/local/lib/typernetes': machine.programs,
      ...Object.fromEntries(Object.entries(scripts).map(([name, file]) => [`/usr/local/sbin/${name}`, file])),
    },
  });
}

/** How long containerd may take to start: a tenth of a second, and seconds when many machines start at once. */
const containerdPatienceMs = 120_000;

async function untilContainerdAnswers(
  { clock }: Pick<MachineContext, 'clock'>,
  machine: { init: MachineRecord['init']; log: string; logs: string },
): Promise<void> {
  const { init } = machine;
  const patience = clock.monotonic() + containerdPatienceMs;
  while (init && isSameProcess(init) && clock.monotonic() < patience) {
    if (await answers(`/proc/${init.pid}/root/run/containerd/containerd.sock`)) return;
    await clock.sleep(5);
  }
  const why =
    init && isSameProcess(init)
      ? `its containerd does not answer within ${containerdPatienceMs / 1000} s`
      : 'it ended at once';
  throw new Error(
    `Cannot start the machine: ${why}: ${[endOf(machine.log), endOf(join(machine.logs, 'containerd.log'))].filter(Boolean).join('\n')}`,
  );
}

const endOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').slice(-2000).trim() : '');

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => settle(true)).on('error', () => settle(false));
  });
}
