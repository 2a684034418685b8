/**
 * Compares the cost of a request, without sockets, in two versions of the server: this tree's and that of another checkout, which has
 * node_modules of its own. Both run in one process, with a few requests of each in turns, so that load and compilation affect both alike.
 *
 *     node bench/beside.ts ROOT [requests]
 */
import { resolve } from 'node:path';
import { type Call, startBareServer } from './bare-server.ts';
import { objectSeries, type Work } from './object-series.ts';

const [other = '', count = '2000'] = process.argv.slice(2);
const requests = Number(count);
/** So short that most slices end without being interrupted. */
const slice = 8;
/** The fraction of all slices, by time, that is taken as the result: longer ones were interrupted. */
const undisturbed = 0.12;

/** Microseconds per request in both versions, in slices that alternate in going first. */
async function compare(both: readonly Call[], work: Work): Promise<number[]> {
  const took = both.map((): number[] => []);
  for (let from = 0; from < requests; from += slice) {
    const turns = [...both.entries()];
    for (const [at, call] of (from / slice) % 2 === 0 ? turns : turns.reverse()) {
      const start = performance.now();
      await Promise.all(Array.from({ length: slice }, (_, i) => work(call, from + i)));
      took[at]?.push(((performance.now() - start) * 1000) / slice);
    }
  }
  return took.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length * undisturbed)] ?? Number.NaN);
}

if (other === '') throw new Error('Usage: node bench/beside.ts ROOT [requests]');
const servers = [await startBareServer(resolve(other)), await startBareServer()];
const both = servers.map(({ call }) => call);
for (let pass = 1; pass <= 3; pass++)
  for (const [name, work] of objectSeries) {
    const [theirs = 0, ours = 0] = await compare(both, work);
    const figures = { theirUs: Math.round(theirs), ourUs: Math.round(ours), ratio: Number((ours / theirs).toFixed(2)) };
    console.log(JSON.stringify({ pass, series: name, ...figures }));
  }
for (const server of servers) await server.close();
