/**
 * From nothing to two nginx pods, several times, on machines created for it: `node bench/startup.bench.ts [runs]`.
 * Needs root. Figures are valid only on a machine that nothing else uses, so each run shows how busy the processors
 * were.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinCommands } from '@typernetes/machine';
import { openWalkthrough, type Walkthrough } from '../test/walkthrough/walkthrough.ts';
import { processorUse } from './processor-use.ts';

const runs = Number(process.argv[2] ?? 3);

/** The events of a start, in order; times are milliseconds since kubeadm init began, except for the first. */
const milestones = {
  machines: 'two machines created (before init)',
  api: 'API server: /livez is 200',
  init: 'kubeadm init ended',
  node: 'control plane Ready (network add-on applied)',
  join: 'kubeadm join ended',
  nodes: 'both nodes Ready',
  pods: "nginx's two pods Ready",
} as const;
type Milestone = keyof typeof milestones;
type Run = Readonly<Record<Milestone, number>>;

/** The time the peers take to a Ready cluster, with their images present (time-to-k8s). */
const peers = { 'k3d, cluster Ready': 19_900, 'kind, cluster Ready': 33_000, 'minikube, cluster Ready': 50_800 };

/** The lines that the probe prints, with methods to wait for them. */
class Observations {
  #rest = '';
  #ready = new Map<string, number>();
  #waiting = new Set<() => void>();

  add(output: string): void {
    const lines = (this.#rest + output).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const { kind, name, ready, at } = JSON.parse(line) as { kind: string; name: string; ready: boolean; at: number };
      if (ready && !this.#ready.has(`${kind}/${name}`)) this.#ready.set(`${kind}/${name}`, at);
    }
    for (const wake of this.#waiting) wake();
  }

  /** When the `count`th object of the kind was first seen ready. */
  async ready(kind: string, count: number): Promise<number> {
    for (;;) {
      const times = [...this.#ready].filter(([key]) => key.startsWith(`${kind}/`)).map(([, at]) => at);
      if (times.length >= count) return times.sort((a, b) => a - b)[count - 1] ?? 0;
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }
}

async function measure(walkthrough: Walkthrough, [controlPlane, worker]: readonly [string, string]): Promise<Run> {
  const now = (): number => performance.timeOrigin + performance.now();
  const beforeMachines = now();
  await walkthrough.createMachines(controlPlane, worker);
  const machines = now() - beforeMachines;
  walkthrough.write(
    controlPlane,
    '/root/startup-probe.ts',
    readFileSync(join(import.meta.dirname, 'startup-probe.ts'), 'utf8'),
  );
  const first = walkthrough.inMachine(controlPlane);
  const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';
  const seen = new Observations();
  const probe = first.start('exec /usr/local/lib/typernetes/node /root/startup-probe.ts');
  probe.child.stdout?.on('data', (output: Buffer) => seen.add(output.toString()));
  const ended = probe.outcome.then((outcome) => Promise.reject(new Error(`The probe ended: ${outcome.stderr}`)));
  ended.catch(() => undefined);
  const ready = (kind: string, count: number): Promise<number> => Promise.race([seen.ready(kind, count), ended]);
  try {
    await ready('probe', 1);
    const begin = now();
    const since = (at: number): number => at - begin;
    const output = await first.run('kubeadm init --pod-network-cidr=10.244.0.0/16');
    const init = since(now());
    await first.run(`${kubectl} apply -f addons/network.yaml`);
    await walkthrough.inMachine(worker).run(joinCommands(output).worker);
    const join = since(now());
    const [api, node, nodes] = [await ready('api', 1), await ready('node', 1), await ready('node', 2)];
    await first.run(`${kubectl} apply -f examples/nginx-deployment.yaml`);
    const pods = await ready('pod', 2);
    return { machines, api: since(api), init, node: since(node), join, nodes: since(nodes), pods: since(pods) };
  } finally {
    probe.child.kill();
    await walkthrough.typernetes.run('machine', 'delete', controlPlane, worker);
  }
}

function table(all: readonly Run[]): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`.padStart(9);
  const rows = Object.entries(milestones).map(([key, what]) => {
    const sorted = all.map((run) => run[key as Milestone]).sort((a, b) => a - b);
    const shown = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    return `${what.padEnd(46)} ${shown.map((value) => seconds(value ?? 0)).join(' ')}`;
  });
  const heading = `${''.padEnd(46)} ${['min', 'median', 'max'].map((word) => word.padStart(9)).join(' ')}`;
  const others = Object.entries(peers).map(([name, ms]) => `${name.padEnd(46)} ${''.padStart(9)} ${seconds(ms)}`);
  return [heading, ...rows, ...others, ''].join('\n');
}

const walkthrough = await openWalkthrough();
try {
  // The first machine unpacks the images for all others.
  await walkthrough.createMachines('first');
  const all: Run[] = [];
  for (let run = 1; run <= runs; run++) {
    const use = processorUse();
    const figures = await measure(walkthrough, [`control-plane-${run}`, `worker-${run}`]);
    all.push(figures);
    const steps = Object.entries(figures).map(([key, ms]) => `${key} ${Math.round(ms)}`);
    console.error(`run ${run}: ${steps.join(', ')} ms; processors busy ${use()} %`);
  }
  process.stdout.write(table(all));
} finally {
  await walkthrough.typernetes.run('machine', 'delete', 'first');
  await walkthrough.close();
}
