/**
 * The cost of starting kubectl, ours and upstream's in turns: `node bench/kubectl.bench.ts [runs]`. Wall time and CPU
 * time of `version --client` and of `get pods` against a control plane in a process of its own. Figures are comparable
 * only within one run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realKubectl } from '../test/upstream-tools.ts';
import { installedProgram } from '../tools/installed-program.ts';

if (process.argv[2] === 'serve') {
  const { startControlPlane } = await import('typernetes');
  const plane = await startControlPlane({ controllers: [], scheduler: false });
  process.stdout.write(`${plane.kubeconfigFile}\n`);
  process.stdin.resume().on('end', () => void plane.stop().then(() => process.exit(0)));
} else await bench(Number(process.argv[2] ?? 15));

async function bench(runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-bench-'));
  const server = spawn(process.execPath, [import.meta.filename, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const kubeconfig = await new Promise<string>((resolve) => {
      server.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    });
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
    const programs = {
      ours: [await installedProgram('kubectl', join(folder, 'installed'))],
      upstream: [realKubectl()],
    };
    for (const args of [
      ['version', '--client'],
      ['get', 'pods'],
    ]) {
      const samples = { ours: [] as Cost[], upstream: [] as Cost[] };
      // The first run of each fills caches.
      for (let run = 0; run <= runs; run++) {
        for (const name of ['ours', 'upstream'] as const) {
          const cost = costOf([...programs[name], ...args], env);
          if (run > 0) samples[name].push(cost);
        }
      }
      for (const [name, costs] of Object.entries(samples)) {
        const wall = median(costs.map((cost) => cost.wall));
        const cpu = median(costs.map((cost) => cost.cpu));
        console.log(
          `kubectl ${args.join(' ').padEnd(18)} ${name.padEnd(8)} wall ${wall.toFixed(0).padStart(5)} ms  cpu ${cpu.toFixed(0).padStart(5)} ms`,
        );
      }
    }
  } finally {
    server.stdin.end();
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(folder, { recursive: true });
  }
}

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

function costOf([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Cost {
  const before = childTime();
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  const wall = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { wall, cpu: childTime() - before };
}

/** The CPU time, in milliseconds, of those children of this process that have exited. */
function childTime(): number {
  const [, rest = ''] = readStat().split(') ');
  const fields = rest.split(' ');
  // cutime and cstime: fields 16 and 17, in hundredths of a second; the array begins with the third field.
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function readStat(): string {
  return process.getBuiltinModule('node:fs').readFileSync('/proc/self/stat', 'utf8');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
