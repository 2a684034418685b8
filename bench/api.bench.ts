/**
 * The API server, started as a program on loopback, under the series that the peers' figures in README.md come from.
 *
 *     node bench/api.bench.ts [--scale=1,10] [--profile=DIR] [flags for the server's Node]
 *
 * A scale multiplies the objects; with several of them the costs are shown side by side. A profile is written for each series.
 */
import { parseArgs } from 'node:util';
import { makeServerPlace, startServer } from '../test/integration/server-program.ts';
import { runSeries } from './api-series.ts';
import { compiledProgram } from './compiled-programs.ts';
import { cpuMsOf, type Figures, meterOf, mibOf, printFigures, printHeader } from './meter.ts';
import { profiled } from './profiled.ts';

const { values, positionals } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, profile: { type: 'string' } },
  allowPositionals: true,
});
const { profile: folder } = values;
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
  const file = await compiledProgram('kube-apiserver');
  const startedAt = performance.now();
  const program = await startServer(place, {
    program: file,
    nodeFlags: [...positionals, ...(folder === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`])],
  });
  try {
    const ms = Math.round(performance.now() - startedAt);
    printHeader(`${objects} objects`);
    printFigures('exec to /readyz', ['', '', ms, cpuMsOf(program.pid) * 1000, mibOf(program.pid), '']);
    const meter = meterOf(program.pid, (series, one) => void figures.set(series, one));
    if (folder === undefined) await runSeries(transport, meter, objects);
    else {
      const profiling = await profiled(meter, inspectorPort, `${folder}/${objects}`);
      await runSeries(transport, profiling, objects);
      profiling.close();
    }
  } finally {
    transport.close();
    await program.end('SIGTERM');
    place.remove();
  }
  return figures;
}

/** Processor time of a request at each scale: a list's should grow with the objects, everything else's not at all. */
function compare(): void {
  console.log('\nCPU µs of a request, by objects');
  printFigures('', [...scales.map((scale) => 2000 * scale), 'factor']);
  const all = scales.map((scale) => results.get(scale));
  for (const series of all[0]?.keys() ?? []) {
    const costs = all.map((one) => one?.get(series)?.cpuUs ?? 0);
    printFigures(series, [...costs, ((costs.at(-1) ?? 0) / (costs[0] || 1)).toFixed(1)]);
  }
}
