/**
 * Measures the API server, started as a program on loopback, with the series from which the peers' figures in README.md come.
 *
 *     node bench/api.bench.ts [--scale=1,10] [--rounds=2] [--profile=DIR] [--peer=DIR] [flags for the server's Node]
 *
 * A scale multiplies the number of objects; with several scales the costs are shown side by side. Further rounds use the same, warm server. `--profile` writes a profile of each series.
 * With a directory of upstream's programs, those are measured by the same client; "CPU" and "MiB" are then the sums of server and etcd.
 */
import { parseArgs } from 'node:util';
import { makeServerPlace, type ServerPlace, startServer } from '../test/integration/server-program.ts';
import { runSeries } from './api-series.ts';
import { compiledProgram } from './compiled-programs.ts';
import { cpuMsOf, type Figures, meterOf, mibOf, printFigures, printHeader } from './meter.ts';
import { startOriginalServer } from './original.ts';
import { profiled } from './profiled.ts';

const { values, positionals } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
    profile: { type: 'string' },
    peer: { type: 'string' },
  },
  allowPositionals: true,
});
const { profile: folder, peer } = values;
const inspectorPort = 9329;
const scales = values.scale.split(',').map(Number);
const results = new Map<number, Map<string, Figures>>();
for (const scale of scales) results.set(scale, await run(scale));
if (scales.length > 1) compare();

async function run(scale: number): Promise<Map<string, Figures>> {
  const figures = new Map<string, Figures>();
  const objects = 2000 * scale;
  const place = await makeServerPlace();
  const transport = place.connect();
  const start = peer === undefined ? await ours(place) : () => original(place, peer);
  const startedAt = performance.now();
  const program = await start();
  try {
    const ms = Math.round(performance.now() - startedAt);
    printHeader(`${objects} objects`);
    printFigures('exec to /readyz', ['', '', ms, cpuMsOf(program.pids) * 1000, mibOf(program.pids), '']);
    const meter = meterOf(program.pids, { ended: (series, one) => void figures.set(series, one) });
    for (let round = 1; round <= Number(values.rounds); round++) {
      if (round > 1) printHeader(`round ${round}`);
      const series = { namespace: `bench-${round}`, objects };
      if (folder === undefined) await runSeries(transport, meter, series);
      else {
        const profiling = await profiled(meter, inspectorPort, `${folder}/${objects}-${round}`);
        await runSeries(transport, profiling, series);
        profiling.close();
      }
    }
  } finally {
    transport.close();
    await program.end();
    place.remove();
  }
  return figures;
}

interface Measured {
  readonly pids: readonly number[];
  end(): Promise<void>;
}

async function ours(place: ServerPlace): Promise<() => Promise<Measured>> {
  const program = await compiledProgram('kube-apiserver');
  const nodeFlags = [...positionals, ...(folder === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`])];
  return async () => {
    const server = await startServer(place, { program, nodeFlags });
    return { pids: [server.pid], end: () => server.end('SIGTERM') };
  };
}

async function original(place: ServerPlace, programs: string): Promise<Measured> {
  const server = await startOriginalServer(place, programs);
  return { pids: [server.pid, server.etcdPid], end: server.end };
}

/** CPU time of a request at each scale: it should grow with the number of objects for lists only. */
function compare(): void {
  console.log('\nCPU µs of a request, by objects');
  printFigures('', [...scales.map((scale) => 2000 * scale), 'factor']);
  const all = scales.map((scale) => results.get(scale));
  for (const series of all[0]?.keys() ?? []) {
    const costs = all.map((one) => one?.get(series)?.cpuUs ?? 0);
    printFigures(series, [...costs, ((costs.at(-1) ?? 0) / (costs[0] || 1)).toFixed(1)]);
  }
}
