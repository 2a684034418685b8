/**
 * The cost of each program in an idle cluster: `node bench/idle.bench.ts [seconds]`, 60 by default. Creates a cluster
 * of two machines with nginx, leaves it alone for as long, and then reads CPU time and memory of every process before
 * and after the interval. Needs root. CPU time is what the programs used themselves, so that a busy host affects it
 * less than durations.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openWalkthrough } from '../test/walkthrough/walkthrough.ts';

const seconds = Number(process.argv[2] ?? 60);
const programs = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'network', 'cluster-dns'],
  ...['containerd', 'containerd-shim-runc-v2'],
];

/**
 * Prints a line for each process of the machine: pid, CPU time in ticks of 10 ms, resident and own memory in kB,
 * command.
 */
const listing = `for stat in /proc/[0-9]*/stat; do
  pid=\${stat#/proc/}; pid=\${pid%/stat}
  command=$(tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) && [ -n "$command" ] || continue
  awk -v pid="$pid" -v command="$command" '
    FILENAME ~ /stat$/ { sub(/^.*\\) /, ""); ticks = $12 + $13 }
    /^Rss:/ { rss = $2 } /^Private_(Clean|Dirty):/ { own += $2 }
    END { print pid, ticks, rss + 0, own + 0, command }' "$stat" "/proc/$pid/smaps_rollup" 2>/dev/null
done; true`;

/** The CPU time and memory of one process, by machine and pid. */
interface Sample {
  readonly machine: string;
  readonly program: string;
  readonly ticks: number;
  readonly rssKb: number;
  readonly ownKb: number;
}

function parse(machine: string, text: string): [string, Sample][] {
  return text
    .trim()
    .split('\n')
    .flatMap((line): [string, Sample][] => {
      const [pid = '', ticks, rss, own, ...command] = line.split(' ');
      const [first = '', ...rest] = command.map((word) => word.split('/').at(-1) ?? '');
      const started = first === 'node' ? rest.find((word) => !word.startsWith('-')) : first;
      const program = programs.find((name) => name === started);
      if (!program) return [];
      return [
        [`${machine}/${pid}`, { machine, program, ticks: Number(ticks), rssKb: Number(rss), ownKb: Number(own) }],
      ];
    });
}

const walkthrough = await openWalkthrough();
try {
  await walkthrough.typernetes.run('cluster', 'create', 'idle');
  const shell = walkthrough.onHost('idle');
  await shell.run('kubectl apply -f nginx-deployment.yaml && kubectl rollout status deployment nginx-deployment');
  await sleep(seconds * 1000);
  const machines = ['idle-control-plane', 'idle-worker'];
  const look = async (): Promise<Map<string, Sample>> => {
    const texts = await Promise.all(machines.map((name) => walkthrough.inMachine(name).run(listing)));
    return new Map(texts.flatMap((text, index) => parse(machines[index] ?? '', text)));
  };
  const before = await look();
  const begin = performance.now();
  await sleep(seconds * 1000);
  const after = await look();
  const elapsed = (performance.now() - begin) / 1000;
  console.log(`${'program'.padEnd(26)}${'machine'.padEnd(22)}processes   CPU %   RSS MB  of its own`);
  for (const program of programs) {
    for (const machine of machines) {
      const own = [...after].filter(([, sample]) => sample.program === program && sample.machine === machine);
      if (own.length === 0) continue;
      const sum = (of: (sample: Sample, key: string) => number): number =>
        own.reduce((total, [key, sample]) => total + of(sample, key), 0);
      const figures = [
        String(own.length).padStart(9),
        (sum(({ ticks }, key) => ticks - (before.get(key)?.ticks ?? ticks)) / elapsed).toFixed(2).padStart(7),
        (sum(({ rssKb }) => rssKb) / 1024).toFixed(0).padStart(8),
        (sum(({ ownKb }) => ownKb) / 1024).toFixed(0).padStart(11),
      ];
      console.log(`${program.padEnd(26)}${machine.padEnd(22)}${figures.join(' ')}`);
    }
  }
} finally {
  await walkthrough.close();
}
