/**
 * `node tools/compare/controllers-main.ts --peer=DIR [--seeds=1-20] [--work=deployment,job] [--show]`: gives the same
 * random work to our controllers and to the original's (README.md). Exits with 1 if they differ.
 */
import { parseArgs } from 'node:util';
import { makeDice } from './controllers-dice.ts';
import { differences } from './controllers-differences.ts';
import { nodeWorks } from './controllers-nodes.ts';
import { ownerWorks } from './controllers-owners.ts';
import { serviceWorks } from './controllers-services.ts';
import { setWorks } from './controllers-sets.ts';
import { type Side, startSide } from './controllers-side.ts';
import { normalized, readState, type State } from './controllers-state.ts';
import { pause, perform, unlessGone } from './controllers-steps.ts';
import { rolloutWorks, type Work } from './controllers-work.ts';

const works: Readonly<Record<string, Work>> = { ...rolloutWorks, ...setWorks, ...serviceWorks, ...ownerWorks };
/** These run alone, because pods of other work would be placed on their nodes. */
const alone: Readonly<Record<string, Work>> = nodeWorks;
const { values: flags } = parseArgs({
  options: {
    peer: { type: 'string' },
    seeds: { type: 'string', default: '1-20' },
    work: { type: 'string', default: Object.keys(works).join(',') },
    show: { type: 'boolean', default: false },
  },
});
if (!flags.peer)
  throw new Error('Usage: node tools/compare/controllers-main.ts --peer=DIR [--seeds=1-20] [--work=KIND,…]');
const [first = 1, last = first] = flags.seeds.split('-').map(Number);
const atOnce = 10;
/** A state without changes for `stillMs` counts as settled; after `settleTimeoutMs` it is compared anyway. */
const stillMs = 2000;
const settleTimeoutMs = 25_000;

const sides = [await startSide(flags.peer), await startSide()];
const counts = { sequences: 0, steps: 0, different: 0 };
try {
  const left = flags.work.split(',').flatMap((kind) => range(first, last).map((seed) => [kind, seed] as const));
  const run = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) await compareSequence(...next);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
} finally {
  await Promise.all(sides.map((side) => side.stop()));
}
console.log(JSON.stringify(counts));
process.exitCode = counts.different > 0 ? 1 : 0;

/** Stops at the first step after which the sides differ, because everything after it would differ too. */
async function compareSequence(kind: string, seed: number): Promise<void> {
  const work = works[kind] ?? alone[kind];
  if (!work) throw new Error(`No such work: ${kind}. There are ${Object.keys({ ...works, ...alone }).join(', ')}`);
  const namespace = `${kind.toLowerCase()}-${seed}`;
  const steps = work(makeDice(seed));
  counts.sequences++;
  await both((side) => side.client.json('POST', '/api/v1/namespaces', { metadata: { name: namespace } }));
  await both((side) => untilSettled(side, namespace));
  const names = sides.map(() => new Map<string, string>());
  const done: string[] = [];
  for (const step of steps) {
    counts.steps++;
    const answers = await both((side) => perform(side, step, namespace));
    done.push(`${JSON.stringify(step)} -> ${answers.join(' / ')}`);
    const settled = await both((side) => untilSettled(side, namespace));
    const states = settled.map((state, i) => normalized(state, names[i] ?? new Map()));
    const found = differences(states, answers);
    if (found.length > 0) {
      report({ kind, seed, done, found });
      break;
    }
  }
  await both((side) => side.client.json('DELETE', `/api/v1/namespaces/${namespace}`, {}).catch(unlessGone));
}

async function untilSettled(side: Side, namespace: string): Promise<State> {
  const end = performance.now() + settleTimeoutMs;
  let state = await readState(side, namespace);
  for (let since = performance.now(); performance.now() - since < stillMs && performance.now() < end; ) {
    await pause(500);
    const next = await readState(side, namespace);
    if (next.mark !== state.mark) since = performance.now();
    state = next;
  }
  return state;
}

function report(what: { kind: string; seed: number; done: readonly string[]; found: readonly string[] }): void {
  counts.different++;
  const { kind, seed, done, found } = what;
  const steps = flags.show ? done : done.slice(-1);
  console.log([`${kind} ${seed}, step ${done.length}:`, ...steps.map((step) => `  ${step}`), ...found].join('\n'));
}

function both<T>(act: (side: Side) => Promise<T>): Promise<T[]> {
  return Promise.all(sides.map(act));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
