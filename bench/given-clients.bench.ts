/**
 * Measures the API server with given client programs, in turns with upstream's server:
 *
 *     node bench/given-clients.bench.ts CLIENTS [--pairs=3] [--peer=DIR]
 *
 * CLIENTS is a directory with `crud.mjs` and `watch.mjs`, which take `--server`, `--ca`, `--cert`, `--key` and print one line of JSON for each series:
 * the clients with which the original was first measured. Each server of a pair is started fresh and measured twice, so that cold series count too.
 * The output shows the median of each series, how many times better ours is, and then each aim
 * against the figures that it was set with. A client on the servers' own processors limits a fast server more than a slow one,
 * so the servers' processor time for each request is shown too.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeServerPlace, type ServerPlace, startServer } from '../test/integration/server-program.ts';
import { compiledProgram } from './compiled-programs.ts';
import { startOriginalServer } from './original.ts';
import { originalFigures } from './original-figures.ts';

const { values, positionals } = parseArgs({
  options: { pairs: { type: 'string', default: '3' }, peer: { type: 'string' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined)
  throw new Error('Name the folder of the client programs: node bench/given-clients.bench.ts CLIENTS');
const clients = resolve(folder);
const rounds = 2;

/** One run of a client program: its arguments, and the name of its lines if they all have the same. */
const runs: readonly { readonly program: string; readonly name?: string; readonly flags: readonly string[] }[] = [
  { program: 'crud.mjs', flags: [] },
  { program: 'watch.mjs', name: 'watch, one after the other', flags: [] },
  { program: 'watch.mjs', name: 'watch, every 20 ms', flags: ['--gap=20'] },
  { program: 'watch.mjs', name: 'watch, eight at once', flags: ['--conc=8'] },
];

/** The fields read from a client's line of output; times in milliseconds unless their names say seconds. */
interface ClientLine {
  readonly test: string;
  readonly n?: number;
  readonly wall_s?: number;
  /** Of a watch: what all its watchers received. */
  readonly events_per_s?: number;
  /** By process id: the share of all processors, in percent, that a process took during the series. */
  readonly cpu_pct?: Readonly<Record<string, number>>;
  readonly per_s?: number;
  readonly p50_ms?: number;
  readonly p99_ms?: number;
  /** Of a watch: the time from just before an object is sent to its arrival at each watcher. */
  readonly from_send?: { readonly p50: number; readonly p99: number };
  readonly bad?: unknown;
}

interface Figures {
  readonly perSecond: number | undefined;
  readonly p50: number;
  readonly p99: number;
  /** The servers' processor time for a request, or for an event to one watcher. */
  readonly cpuUs: number;
}

type Results = Map<string, Figures[]>;

interface Server {
  readonly pids: readonly number[];
  end(): Promise<void>;
}

const ours: Results = new Map();
const theirs: Results = new Map();
const program = await compiledProgram('kube-apiserver');
for (let pair = 0; pair < Number(values.pairs); pair++) {
  await measure(ours, async (place) => {
    const server = await startServer(place, { program });
    return { pids: [server.pid], end: () => server.end('SIGTERM') };
  });
  const { peer } = values;
  if (peer === undefined) continue;
  await measure(theirs, async (place) => {
    const server = await startOriginalServer(place, peer);
    return { pids: [server.pid, server.etcdPid], end: server.end };
  });
}
print();
printAims();

async function measure(results: Results, start: (place: ServerPlace) => Promise<Server>): Promise<void> {
  const place = await makeServerPlace();
  const server = await start(place);
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(place.folder, name), text);
      return join(place.folder, name);
    };
    const access = [
      `--server=${place.server}`,
      `--ca=${file('client-ca.crt', place.tls.ca)}`,
      `--cert=${file('client.crt', place.tls.cert)}`,
      `--key=${file('client.key', place.tls.key)}`,
    ];
    for (let round = 1; round <= rounds; round++)
      for (const { program: client, name, flags } of runs) {
        const pids = `--pids=${server.pids.join(',')}`;
        const lines = await clientLines(client, [...access, pids, `--ns=bench-${round}`, ...flags]);
        for (const line of lines) keep(results, `${name ?? line.test}${round > 1 ? ', again' : ''}`, line, server.pids);
      }
  } finally {
    await server.end();
    place.remove();
  }
}

function keep(results: Results, series: string, line: ClientLine, pids: readonly number[]): void {
  if (line.bad !== undefined) throw new Error(`${series}: requests failed: ${JSON.stringify(line.bad)}`);
  const figures = {
    cpuUs: cpuUsOf(line, pids),
    perSecond: line.per_s,
    p50: line.from_send?.p50 ?? line.p50_ms ?? Number.NaN,
    p99: line.from_send?.p99 ?? line.p99_ms ?? Number.NaN,
  };
  results.set(series, [...(results.get(series) ?? []), figures]);
}

function cpuUsOf({ n, wall_s, events_per_s, cpu_pct = {} }: ClientLine, pids: readonly number[]): number {
  const perSecond = events_per_s ?? (n ?? Number.NaN) / (wall_s ?? Number.NaN);
  const share = pids.reduce((sum, pid) => sum + (cpu_pct[pid] ?? Number.NaN), 0) / 100;
  return Math.round((share * cpus().length * 1e6) / perSecond);
}

/** Runs a client program to its end. */
async function clientLines(client: string, flags: readonly string[]): Promise<ClientLine[]> {
  const child = spawn(process.execPath, [join(clients, client), ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`${client} ended with ${code}`);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ClientLine);
}

function print(): void {
  const row = (name: string, cells: readonly (string | number)[]): void =>
    console.log(`${name.padEnd(36)}${cells.map((cell) => String(cell).padStart(12)).join('')}`);
  const columns = ['per second', 'p50 ms', 'p99 ms', 'CPU µs'];
  row('', [...columns, 'original', ...columns.slice(1), 'times', 'p99, times', 'CPU, times']);
  for (const [series, figures] of ours) {
    const [mine, other] = [middle(figures), middle(theirs.get(series) ?? [])];
    const times = (one: number | undefined, by: number | undefined): string =>
      ((one ?? Number.NaN) / (by ?? Number.NaN)).toFixed(2);
    const cells = [mine, other].flatMap(({ perSecond, p50, p99, cpuUs }) => [perSecond ?? '', p50, p99, cpuUs]);
    const compared = [times(mine.perSecond, other.perSecond), times(other.p99, mine.p99)];
    row(series, [...cells, ...compared, times(other.cpuUs, mine.cpuUs)]);
    if (series.startsWith('watch'))
      row(
        '  each p99',
        [figures, theirs.get(series) ?? []].map((all) => all.map(({ p99 }) => p99).join(' ')),
      );
  }
}

/** How ours compares with the figures that the aims were set with: first a fresh server's, then the second round's. */
function printAims(): void {
  console.log(
    '\nAims, as times the figures that they were set with (original-figures.ts): asked, of a fresh server, again',
  );
  for (const [series, figure] of Object.entries(originalFigures)) {
    const reached = [series, `${series}, again`].map((name) => {
      const { perSecond = Number.NaN, p99 } = middle(ours.get(name) ?? []);
      return figure.perSecond === undefined ? (figure.p99 ?? Number.NaN) / p99 : perSecond / figure.perSecond;
    });
    const cells = [figure.timesBetter, ...reached].map((times) => times.toFixed(1).padStart(8));
    console.log(`${series.padEnd(36)}${cells.join('')}`);
  }
}

function middle(figures: readonly Figures[]): Figures {
  const of = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const perSecond = figures.flatMap((one) => one.perSecond ?? []);
  return {
    perSecond: perSecond.length > 0 ? of(perSecond) : undefined,
    p50: of(figures.map((one) => one.p50)),
    p99: of(figures.map((one) => one.p99)),
    cpuUs: of(figures.map((one) => one.cpuUs)),
  };
}
