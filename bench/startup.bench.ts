/**
 * From nothing to nginx answering, several times over, on machines of its own (TYPERNETES_HOME in a folder that is removed afterwards):
 * `node bench/startup.bench.ts [runs]`. Needs root. Figures count only from a machine that nothing else uses, so what others used
 * of it is shown for each run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClusterContext,
  createMachine,
  deleteMachine,
  fileInMachine,
  joinCommands,
  runInMachine,
} from '@typernetes/machine';
import { processorUse } from './processor-use.ts';

const runs = Number(process.argv[2] ?? 3);
const home = process.env.TYPERNETES_HOME ?? `/var/lib/typernetes-bench-${process.pid}`;
process.env.TYPERNETES_HOME = home;

/** Events in the order in which a start goes through them; times are milliseconds since kubeadm init began, but for the first. */
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

/** How long the peers take to a cluster that is Ready, with their images present (time-to-k8s). */
const peers = { 'k3d, cluster Ready': 19_900, 'kind, cluster Ready': 33_000, 'minikube, cluster Ready': 50_800 };

const root = join(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const admin = ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf'];

/** The lines that the probe prints, as something that can be waited for. */
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

async function measure(context: ClusterContext): Promise<Run> {
  const now = (): number => performance.timeOrigin + performance.now();
  const created = now();
  const [{ address }] = await Promise.all([
    createMachine(context, { name: 'bench-control-plane' }),
    createMachine(context, { name: 'bench-worker' }),
  ]);
  const machines = now() - created;
  const [controlPlane, worker] = ['bench-control-plane', 'bench-worker'];
  writeFileSync(fileInMachine(context, controlPlane, '/root/startup-probe.ts'), text('bench/startup-probe.ts'));
  const stop = new AbortController();
  const seen = new Observations();
  const probe = runInMachine(context, controlPlane, ['/usr/local/lib/typernetes/node', '/root/startup-probe.ts'], {
    signal: stop.signal,
    onOutput: (output) => seen.add(output),
  });
  const failed = probe.then(
    () => Promise.reject(new Error('The probe ended')),
    (cause: unknown) => Promise.reject(new Error('The probe failed', { cause })),
  );
  failed.catch(() => undefined);
  const ready = (kind: string, count: number): Promise<number> => Promise.race([seen.ready(kind, count), failed]);
  try {
    await ready('probe', 1);
    const begin = now();
    const output = await runInMachine(context, controlPlane, [
      ...['kubeadm', 'init', `--apiserver-advertise-address=${address}`, '--pod-network-cidr=10.244.0.0/16'],
    ]);
    const init = now() - begin;
    const apply = (manifest: string): Promise<string> =>
      runInMachine(context, controlPlane, [...admin, 'apply', '-f', '-'], { input: text(manifest) });
    await apply('addons/network.yaml');
    await runInMachine(context, worker, ['sh', '-c', joinCommands(output).worker]);
    const join = now() - begin;
    const [api, node, nodes] = [await ready('api', 1), await ready('node', 1), await ready('node', 2)];
    await apply('examples/nginx-deployment.yaml');
    const pods = await ready('pod', 2);
    return {
      machines,
      api: api - begin,
      init,
      node: node - begin,
      join,
      nodes: nodes - begin,
      pods: pods - begin,
    };
  } finally {
    stop.abort();
    await deleteMachine(context, controlPlane);
    await deleteMachine(context, worker);
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

mkdirSync(home, { recursive: true });
try {
  // Loaded only now: it reads TYPERNETES_HOME.
  const { preparedContext } = await import('../apps/typernetes/src/terminal.ts');
  const context = await preparedContext();
  // The first machine unpacks the images for all.
  await createMachine(context, { name: 'bench-first' });
  const all: Run[] = [];
  for (let run = 1; run <= runs; run++) {
    const use = processorUse();
    const figures = await measure(context);
    all.push(figures);
    const steps = Object.entries(figures).map(([key, ms]) => `${key} ${Math.round(ms)}`);
    console.error(`run ${run}: ${steps.join(', ')} ms; processors used: ${use()} %`);
  }
  await deleteMachine(context, 'bench-first');
  process.stdout.write(table(all));
} finally {
  if (process.argv[3] !== '--keep') rmSync(home, { recursive: true, force: true });
}
