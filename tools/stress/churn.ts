import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeconfigFile } from '@typernetes/machine';
import { bundleProgram } from '../bundle.ts';
import type { Chance } from '../compare/chance.ts';
import { type Cluster, untilTrue } from './cluster.ts';
import { podOf } from './shapes.ts';

/** Resources that a component's process holds at a moment. */
interface Holdings {
  readonly process: string;
  readonly pid: number;
  readonly residentMiB: number;
  readonly descriptors: number;
  readonly children: number;
}

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const everywhere = ['kubelet', 'kube-proxy'];

/** Prints a line for each process of a component: name, id, resident memory in KiB, open descriptors, children. */
const holdingsScript = (programs: readonly string[]): string => `
for program in ${programs.join(' ')}; do
  pid=$(pgrep -of "/typernetes/[n]ode .*/usr/local/bin/$program ") || continue
  echo $program $pid $(awk '/^VmRSS/ {print $2}' /proc/$pid/status) $(ls /proc/$pid/fd | wc -l) $(ps --no-headers --ppid $pid | wc -l)
done`;

async function holdingsOf(cluster: Cluster): Promise<readonly Holdings[]> {
  const machines = [`${cluster.name}-control-plane`, ...cluster.workers];
  const outputs = await Promise.all(
    machines.map(async (machine, at) => {
      const programs = at === 0 ? [...controlPlane, ...everywhere] : everywhere;
      return { machine, output: await cluster.in(machine, holdingsScript(programs)) };
    }),
  );
  return outputs.flatMap(({ machine, output }) =>
    output
      .trim()
      .split('\n')
      .map((line) => {
        const [program = '', ...numbers] = line.split(' ');
        const [pid = 0, kib = 0, descriptors = 0, children = 0] = numbers.map(Number);
        const process = `${program} of ${machine}`;
        return { process, pid, residentMiB: Math.round(kib / 1024), descriptors, children };
      }),
  );
}

/** Creates and deletes things all the time, in a cluster where some pods stay. */
class Churn {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly #kubectl: string;
  readonly #commands = new Set<ChildProcess>();
  readonly #stay: readonly string[];
  #made = 0;
  done = 0;

  constructor(
    cluster: Cluster,
    { chance, kubectl, stay }: { chance: Chance; kubectl: string; stay: readonly string[] },
  ) {
    this.cluster = cluster;
    this.chance = chance;
    this.#kubectl = kubectl;
    this.#stay = stay;
  }

  /** Several workers at a time, until the given time (ms, monotonic). Leaves nothing behind. */
  async until(moment: number): Promise<void> {
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (; performance.now() < moment; this.done++) await this.#act();
      }),
    );
    for (const command of this.#commands) command.kill('SIGKILL');
    await untilTrue('what came does not go', async () =>
      (await this.cluster.podsNow()).map(({ metadata }) => metadata.name).filter((name) => !this.#stay.includes(name)),
    );
    await this.cluster.client.json('DELETE', '/api/v1/namespaces/default/events');
  }

  #act(): Promise<void> {
    const roll = this.chance.below(100);
    if (roll < 20) return this.#pod();
    if (roll < 45) return this.#object();
    if (roll < 65) return this.#watch();
    const pod = this.chance.pick(this.#stay);
    if (roll < 75) return this.#run(['exec', pod, '--', 'sh', '-c', 'seq 2000']);
    if (roll < 80) return this.#run(['exec', '-i', pod, '--', 'cat']);
    if (roll < 88) return this.#run(['logs', '-f', pod]);
    if (roll < 92) return this.#run(['attach', pod]);
    if (roll < 96) return this.#run(['port-forward', pod, `${20_000 + (++this.#made % 10_000)}:8080`]);
    return this.#service();
  }

  async #pod(): Promise<void> {
    const shape = this.chance.pick(['server', 'once', 'volumes', 'sick', 'hooked'] as const);
    const name = `churn-${++this.#made}`;
    await this.cluster.pods.create(podOf(name, shape, this.chance.pick(this.cluster.workers)));
    await sleep(this.chance.below(3000));
    await this.cluster.pods.delete({ name, namespace: 'default' }, { gracePeriodSeconds: this.chance.pick([0, 1]) });
  }

  async #object(): Promise<void> {
    const metadata = { name: `churn-${++this.#made}`, namespace: 'default' };
    await this.cluster.configMaps.create({ metadata, data: { text: 'x'.repeat(this.chance.below(100_000)) } });
    for (let turn = 0; turn < 3; turn++)
      await this.cluster.configMaps.patch(metadata, { data: { turn: String(turn) } }, { type: 'merge' });
    await this.cluster.configMaps.delete(metadata);
  }

  async #service(): Promise<void> {
    const metadata = { name: `churn-${++this.#made}`, namespace: 'default' };
    const spec = {
      type: this.chance.pick(['ClusterIP', 'NodePort'] as const),
      selector: { shape: 'server' },
      ports: [{ port: 80 }],
    };
    await this.cluster.services.create({ metadata, spec });
    await sleep(this.chance.below(1000));
    await this.cluster.services.delete(metadata);
  }

  /** A watch that is aborted halfway, or ends by itself. */
  async #watch(): Promise<void> {
    const kind = this.chance.pick(['pods', 'configmaps', 'events', 'nodes']);
    await this.#run(['get', kind, '--watch', `--request-timeout=${this.chance.pick(['1s', '30s'])}`]);
  }

  /** Runs a command that ends by itself, is told to end, or is killed. */
  async #run(args: readonly string[]): Promise<void> {
    const kubeconfig = kubeconfigFile({ installation: { home: this.cluster.home } }, this.cluster.name);
    const command = spawn(
      process.execPath,
      ['--use-openssl-ca', this.#kubectl, `--kubeconfig=${kubeconfig}`, ...args],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    this.#commands.add(command);
    const gone = new Promise<void>((resolve) => command.once('close', () => resolve()));
    await Promise.race([gone, sleep(300 + this.chance.below(2500))]);
    command.kill(this.chance.pick(['SIGKILL', 'SIGINT']));
    await gone;
    this.#commands.delete(command);
  }
}

/**
 * Rounds of churn, each followed by a look at the components' resources: what grows with every round is a leak. The
 * first rounds warm up. Returns the processes that held more in the end than allowed.
 */
export async function playChurn(
  cluster: Cluster,
  { chance, rounds, seconds, say }: { chance: Chance; rounds: number; seconds: number; say: (line: string) => void },
): Promise<readonly string[]> {
  const stay = cluster.workers.map((node) => `stays-${node}`);
  for (const [at, node] of cluster.workers.entries()) {
    await cluster.pods.create(podOf(stay[at] as string, 'port', node));
  }
  await untilTrue('the first pods do not run', async () =>
    (await cluster.podsNow()).filter(({ status }) => status?.phase !== 'Running').map(({ metadata }) => metadata.name),
  );
  const churn = new Churn(cluster, { chance, kubectl: await bundleProgram('kubectl'), stay });
  const seen: (readonly Holdings[])[] = [];
  for (let round = 0; round < rounds; round++) {
    await churn.until(performance.now() + seconds * 1000);
    // Keep-alive connections, retry timers and garbage take a while to go.
    await sleep(15_000);
    const now = await holdingsOf(cluster);
    seen.push(now);
    say(`round ${round + 1}, ${churn.done} deeds:`);
    for (const { process, residentMiB, descriptors, children } of now)
      say(`  ${process}: ${residentMiB} MiB, ${descriptors} descriptors, ${children} children`);
  }
  await cluster.pods.deleteCollection({ namespace: 'default' });
  await untilTrue('the last pods do not go', async () =>
    (await cluster.podsNow()).map(({ metadata }) => metadata.name),
  );
  return grown(seen);
}

/** Processes that hold more after the last round than after any round of the first half, by more than noise. */
function grown(seen: readonly (readonly Holdings[])[]): readonly string[] {
  const half = seen.slice(0, Math.ceil(seen.length / 2)).flat();
  return (seen.at(-1) ?? []).flatMap(({ process, pid, residentMiB, descriptors, children }) => {
    const before = half.filter((other) => other.process === process);
    if (before.some((other) => other.pid !== pid)) return [`${process} is another process now`];
    const most = (pick: (of: Holdings) => number): number => Math.max(...before.map(pick));
    return [
      ...(descriptors > most((of) => of.descriptors) + 5 ? [`${process} holds ${descriptors} descriptors`] : []),
      ...(children > most((of) => of.children) ? [`${process} has ${children} children`] : []),
      ...(residentMiB > most((of) => of.residentMiB) * 1.2 + 10 ? [`${process} takes ${residentMiB} MiB`] : []),
    ];
  });
}
