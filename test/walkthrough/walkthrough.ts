import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { commandInMachine, fileInMachine, kubeconfigFile } from '@typernetes/machine';
import { installedProgram } from '../../tools/installed-program.ts';
import { type CommandSettings, type Outcome, type RunningCommand, startCommand, stdoutOf } from '../command.ts';
import { type CommandLine, commandLineFor } from '../e2e/command-line.ts';
import { shareParts } from '../e2e/shared-parts.ts';
import { realKubectl } from '../upstream-tools.ts';

const root = resolve(import.meta.dirname, '../..');

/** The program behind the word `kubectl`: upstream's (1.35), or ours. */
export type KubectlOrigin = 'upstream' | 'ours';
export const kubectlOrigins: readonly KubectlOrigin[] = ['upstream', 'ours'];

/** Runs lines as a reader of the chapter would type them. The examples are in the current directory. */
export interface Shell {
  /** Runs to the end and returns standard output; rejects, with all output, unless the exit code is 0. */
  run(script: string, settings?: Pick<CommandSettings, 'input' | 'staysOpen'>): Promise<string>;
  /** Runs to the end, whatever the exit code. */
  attempt(script: string, settings?: Pick<CommandSettings, 'input' | 'staysOpen'>): Promise<Outcome>;
  /** For commands that do not end by themselves, like `kubectl get -w`: end them with `child.kill()`. */
  start(script: string, settings?: Pick<CommandSettings, 'input' | 'staysOpen'>): RunningCommand;
}

/** Machines and clusters for the tests of one file, in a home of their own. */
export interface Walkthrough {
  readonly home: string;
  /** Creates clusters and machines as users do: stale programs and images are built first, as by `npm start`. */
  readonly typernetes: CommandLine;
  /** Creates bare machines, with the examples and add-ons in /root. */
  createMachines(...names: string[]): Promise<void>;
  /** A root shell in a machine. */
  inMachine(name: string, options?: { kubectl?: KubectlOrigin }): Shell;
  /**
   * A shell on this host, with the cluster's kubeconfig, in a copy of the examples; `namespace` is set in the
   * kubeconfig's context.
   */
  onHost(cluster: string, options?: { kubectl?: KubectlOrigin; namespace?: string }): Shell;
  /** Writes a file in a machine. */
  write(machine: string, path: string, content: string): void;
  /** Removes everything. This also happens when the test's process ends in any way. */
  close(): Promise<void>;
}

export async function openWalkthrough(): Promise<Walkthrough> {
  const home = mkdtempSync('/var/lib/typernetes-walkthrough-');
  const guard = spawn(process.execPath, [join(import.meta.dirname, 'guard.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const guardEnded = new Promise<number | null>((settle, reject) => guard.on('error', reject).on('close', settle));
  guard.stdin.write(home);
  guard.unref();
  shareParts(home);
  const context = { installation: { home } };
  const typernetes = commandLineFor(home);
  const environment = { ...process.env, TYPERNETES_HOME: home, HOME: join(home, 'user') };
  const folders = await kubectlFolders(home);

  /** Commands that do not end by themselves, like `kubectl get -w`, must not outlive a failed test. */
  const running = new Set<RunningCommand>();
  const started = (command: RunningCommand): RunningCommand => {
    running.add(command);
    const ended = (): boolean => running.delete(command);
    command.outcome.then(ended, ended);
    return command;
  };
  const fileIn = (machine: string, path: string): string => fileInMachine(context, machine, path);
  return {
    home,
    typernetes,
    async createMachines(...names) {
      await Promise.all(names.map((name) => typernetes.run('machine', 'create', name)));
      for (const name of names) {
        for (const folder of ['examples', 'addons'])
          cpSync(join(root, folder), fileIn(name, `/root/${folder}`), { recursive: true });
      }
    },
    inMachine(name, { kubectl = 'ours' } = {}) {
      if (kubectl === 'upstream') {
        mkdirSync(fileIn(name, '/opt/upstream'), { recursive: true });
        copyFileSync(realKubectl(), fileIn(name, '/opt/upstream/kubectl'));
      }
      const prologue = `cd /root${kubectl === 'upstream' ? ' && PATH=/opt/upstream:$PATH' : ''}\n`;
      return shellOf((script, settings) =>
        started(
          startCommand(commandInMachine(context, name, ['sh', '-c', prologue + script]), {
            ...settings,
            env: environment,
          }),
        ),
      );
    },
    onHost(cluster, { kubectl = 'ours', namespace } = {}) {
      const folder = mkdtempSync(join(home, `${cluster}-${kubectl}-`));
      const cwd = join(folder, 'examples');
      cpSync(join(root, 'examples'), cwd, { recursive: true });
      const KUBECONFIG = join(folder, 'kubeconfig');
      copyFileSync(kubeconfigFile(context, cluster), KUBECONFIG);
      const env = { ...environment, KUBECONFIG, PATH: `${folders[kubectl]}:${process.env.PATH}` };
      if (namespace)
        execFileSync('kubectl', ['config', 'set-context', '--current', `--namespace=${namespace}`], { env });
      return shellOf((script, settings) => started(startCommand(['sh', '-c', script], { ...settings, env, cwd })));
    },
    write(machine, path, content) {
      const file = fileIn(machine, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    },
    async close() {
      for (const { child } of running) child.kill();
      guard.ref();
      guard.stdin.end();
      const exitCode = await guardEnded;
      if (exitCode !== 0) throw new Error(`Cannot remove "${home}": guard.ts: exit code ${exitCode}`);
    },
  };
}

/** Directories with nothing but a `kubectl`, for the PATH of this host's shells. */
async function kubectlFolders(home: string): Promise<Readonly<Record<KubectlOrigin, string>>> {
  const folders = { upstream: join(home, 'kubectl-upstream'), ours: join(home, 'kubectl-ours') };
  mkdirSync(folders.upstream);
  symlinkSync(realKubectl(), join(folders.upstream, 'kubectl'));
  await installedProgram('kubectl', folders.ours);
  return folders;
}

function shellOf(start: Shell['start']): Shell {
  const attempt: Shell['attempt'] = (script, settings) => start(script, settings).outcome;
  return { start, attempt, run: async (script, settings) => stdoutOf(script, await attempt(script, settings)) };
}
