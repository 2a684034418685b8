import { serviceLimitMs } from '../command-limits.ts';
import type { Host } from '../host.ts';
import { packagedUnit, systemdDropIn } from './systemd-unit.ts';
import { sysvScript, writtenByKubeadm } from './sysv-script.ts';

/** The service that keeps the kubelet running on this machine. */
export interface KubeletService {
  readonly kind: 'systemd' | 'sysv';
  start(): Promise<void>;
  /** Stopping a missing service is fine. */
  stop(): Promise<void>;
  /** Removes what `start` has installed; a service from a package, or from the user, stays. */
  uninstall(): Promise<void>;
  /** The end of the kubelet's log. */
  lastLogLines(count: number): Promise<string[]>;
}

type ServiceHost = Pick<Host, 'files' | 'commands'>;

/** systemd where it runs, else our init script, which the machine's PID 1 starts at boot. */
export async function kubeletService(host: ServiceHost): Promise<KubeletService> {
  return (await host.files.exists('/run/systemd/system')) ? systemd(host) : sysv(host);
}

/** systemctl's message about an unknown unit. */
const notLoaded = 5;

const unitFile = '/etc/systemd/system/kubelet.service';
const dropInFile = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';

function systemd({ files, commands }: ServiceHost): KubeletService {
  const systemctl = (...args: string[]): Promise<void> => must(commands, 'systemctl', args);
  return {
    kind: 'systemd',
    async start() {
      // A unit installed by a package takes precedence.
      const packaged =
        (await files.exists('/lib/systemd/system/kubelet.service')) ||
        (await files.exists('/usr/lib/systemd/system/kubelet.service'));
      if (!packaged) {
        const program = (await commands.find('kubelet')) ?? '/usr/local/bin/kubelet';
        await files.write(unitFile, packagedUnit(program), { mode: 0o644 });
        await files.write(dropInFile, systemdDropIn(program), { mode: 0o644 });
      }
      await systemctl('daemon-reload');
      await systemctl('enable', '--quiet', 'kubelet');
      await systemctl('restart', 'kubelet');
    },
    async stop() {
      const { code, stderr } = await commands.run('systemctl', ['stop', 'kubelet'], { limitMs: serviceLimitMs });
      if (code !== 0 && code !== notLoaded) throw failed(['systemctl', 'stop', 'kubelet'], { code, stderr });
    },
    async uninstall() {
      const text = await files.read(unitFile);
      const program = /^ExecStart=(.*)$/m.exec(text ?? '')?.[1];
      if (program === undefined || text !== packagedUnit(program)) return;
      await systemctl('disable', '--quiet', 'kubelet');
      await files.remove(dropInFile);
      await files.remove(unitFile);
      await systemctl('daemon-reload');
    },
    async lastLogLines(count) {
      const { stdout } = await commands.run('journalctl', [
        '-u',
        'kubelet',
        '-n',
        String(count),
        '-o',
        'cat',
        '--no-pager',
      ]);
      return lines(stdout);
    },
  };
}

const scriptFile = '/etc/init.d/kubelet';
const logFile = '/var/log/kubelet.log';

function sysv({ files, commands }: ServiceHost): KubeletService {
  return {
    kind: 'sysv',
    async start() {
      await files.write(scriptFile, sysvScript, { mode: 0o755 });
      await must(commands, scriptFile, ['restart']);
    },
    async stop() {
      if (await files.exists(scriptFile)) await must(commands, scriptFile, ['stop']);
    },
    async uninstall() {
      if ((await files.read(scriptFile))?.includes(writtenByKubeadm)) await files.remove(scriptFile);
    },
    lastLogLines: async (count) => lines((await files.read(logFile)) ?? '').slice(-count),
  };
}

async function must(commands: ServiceHost['commands'], program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await commands.run(program, args, { limitMs: serviceLimitMs });
  if (code !== 0) throw failed([program, ...args], { code, stderr });
}

function failed(line: readonly string[], { code, stderr }: { code: number; stderr: string }): Error {
  return new Error(`"${line.join(' ')}" failed with exit code ${code}: ${stderr.trim()}`);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
