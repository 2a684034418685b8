import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configmaps, type Event, events, type Pod, pods, secrets, services } from '@typernetes/api/core/v1';
import { type ApiClient, clientFromKubeconfig, loadKubeconfig } from '@typernetes/client';
import { kubeconfigFile, runInMachine } from '@typernetes/machine';

const program = resolve(import.meta.dirname, '../../apps/typernetes/src/main.ts');

/** The cluster under stress: a control plane, which is left alone, and workers. */
export class Cluster {
  readonly home: string;
  readonly name = 'stress';
  readonly client: ApiClient;
  readonly workers: readonly string[];

  constructor(home: string, workers: readonly string[]) {
    this.home = home;
    this.workers = workers;
    this.client = clientFromKubeconfig(loadKubeconfig(kubeconfigFile({ installation: { home } }, this.name)));
  }

  get pods() {
    return this.client.resource(pods);
  }

  get configMaps() {
    return this.client.resource(configmaps);
  }

  get secrets() {
    return this.client.resource(secrets);
  }

  get services() {
    return this.client.resource(services);
  }

  /** Runs a script as root in a machine. Rejects unless its exit code is 0. */
  in(machine: string, script: string): Promise<string> {
    return runInMachine({ installation: { home: this.home } }, machine, ['sh', '-c', script]);
  }

  async podsNow(): Promise<readonly Pod[]> {
    return (await this.pods.list({ namespace: 'default' })).items;
  }

  async eventsNow(): Promise<readonly Event[]> {
    return (await this.client.resource(events).list({ namespace: 'default' })).items;
  }

  /** Stops all processes of a machine for `ms` milliseconds, like a paused virtual machine. */
  async freeze(machine: string, ms: number): Promise<void> {
    const runc = (deed: string): void => {
      execFileSync('runc', ['--root', join(this.home, 'runc'), deed, machine], { stdio: 'ignore' });
    };
    runc('pause');
    try {
      await sleep(ms);
    } finally {
      runc('resume');
    }
  }

  typernetes(...args: readonly string[]): void {
    typernetes(this.home, args);
  }
}

/** Opens the cluster in that home, and creates it if there is none. */
export async function openCluster(home: string, { workers, settings }: { workers: number; settings: string }) {
  const names = Array.from({ length: workers }, (_, at) => `stress-worker${at === 0 ? '' : at + 1}`);
  const isNew = !existsSync(join(home, 'clusters/stress/kubeconfig'));
  if (isNew) typernetes(home, ['cluster', 'create', 'stress', `--workers=${workers}`]);
  const cluster = new Cluster(home, names);
  for (const name of isNew ? names : []) {
    await cluster.in(
      name,
      `mkdir -p /etc/kubelet.d && cat > /etc/kubelet.d/10.conf <<'END'
${settings}END
echo KUBELET_EXTRA_ARGS=--config-dir=/etc/kubelet.d > /etc/default/kubelet && /etc/init.d/kubelet restart`,
    );
  }
  return cluster;
}

export function deleteCluster(home: string): void {
  typernetes(home, ['cluster', 'delete', 'stress']);
  execFileSync('rm', ['-rf', '--', home]);
}

function typernetes(home: string, args: readonly string[]): void {
  execFileSync(process.execPath, [program, ...args], {
    env: { ...process.env, TYPERNETES_HOME: home },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Polls until `look` reports nothing more; rejects with the last report when it takes too long. */
export async function untilTrue(
  what: string,
  look: () => Promise<readonly string[]>,
  { timeoutMs = 120_000 } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let said: readonly string[];
    try {
      said = await look();
    } catch (error) {
      said = [String(error)];
    }
    if (said.length === 0) return;
    if (performance.now() > deadline) throw new Error(`${what}:\n  ${said.join('\n  ')}`);
    await sleep(500);
  }
}
