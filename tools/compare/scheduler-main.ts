/**
 * `node tools/compare/scheduler-main.ts --peer=DIR [--seeds=1-100] [--pods=8] [--show]`: gives the same random clusters
 * and pods to our scheduler and to the original's (README.md). Exits with 1 if they differ.
 */
import { parseArgs } from 'node:util';
import { makeDice } from './controllers-dice.ts';
import { type Posted, randomCluster } from './scheduler-cluster.ts';
import { differences, type Outcome } from './scheduler-outcome.ts';
import { priorities, type RandomPod, randomPod } from './scheduler-pods.ts';
import { pause, type Side, startSide } from './scheduler-side.ts';

const { values: flags } = parseArgs({
  options: {
    peer: { type: 'string' },
    seeds: { type: 'string', default: '1-100' },
    pods: { type: 'string', default: '8' },
    show: { type: 'boolean', default: false },
  },
});
if (!flags.peer) throw new Error('Usage: node tools/compare/scheduler-main.ts --peer=DIR [--seeds=1-100] [--pods=8]');
const [first = 1, last = first] = flags.seeds.split('-').map(Number);
/** Time for schedulers to see what was just written. */
const settleMs = 250;

const original = await startSide(flags.peer);
const ours = await startSide();
const sides: readonly Side[] = [original, ours];
const both = <T>(act: (side: Side) => Promise<T>): Promise<T[]> => Promise.all(sides.map(act));
const counts = { states: 0, pods: 0, bound: 0, scored: 0, nominated: 0, different: 0 };
try {
  await both(prepare);
  for (let seed = first; seed <= last; seed++) await compareState(seed);
} finally {
  await both((side) => side.stop());
}
console.log(JSON.stringify(counts));
process.exitCode = counts.different > 0 ? 1 : 0;

/** Creates the classes and the second namespace, which all states share. */
async function prepare({ client }: Side): Promise<void> {
  await client.json('POST', '/api/v1/namespaces', { metadata: { name: 'other' } });
  for (const [i, name] of priorities.entries())
    await client.json('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
      metadata: { name },
      value: (i + 1) * 1000,
    });
  for (const [name, volumeBindingMode] of [
    ['late', 'WaitForFirstConsumer'],
    ['soon', 'Immediate'],
  ]) {
    const object = { metadata: { name }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode };
    await client.json('POST', '/apis/storage.k8s.io/v1/storageclasses', object);
  }
}

async function compareState(seed: number): Promise<void> {
  const dice = makeDice(seed);
  const prefix = `s${seed}`;
  const state = randomCluster(dice, prefix);
  counts.states++;
  await setUp(state);
  const claims = state.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ object }) => object.metadata.name);
  for (let i = 0; i < Number(flags.pods); i++) {
    const pod = randomPod(dice, `${prefix}-p${i}`, { claims: dice.chance(0.15) ? claims : [] });
    const outcomes = await both((side) => side.ask(pod));
    const found = await confirmed(outcomes, { pod, state });
    tally(outcomes);
    if (found.length > 0) report({ seed, pod, found, state, outcomes });
    // Victims and bound volumes are no longer available to the next pod.
    const isSpent = outcomes.some(({ victims, node }) => victims.length > 0 || (node && pod.spec.volumes));
    if (isSpent || found.length > 0) await setUp(state);
  }
  await both((side) => side.clear());
}

async function setUp(state: readonly Posted[]): Promise<void> {
  await both(async (side) => {
    await side.clear();
    for (const one of state) await side.post(one);
    // The original (until v1.30) updates a node's image counts only when the node changes.
    for (const { kind, object } of state) if (kind === 'Node') await side.touch(object.metadata.name);
    await side.untilBound();
  });
  await pause(settleMs);
}

/**
 * Returns the differences that recur with a fresh state: the others came from a scheduler that had not seen everything
 * yet.
 */
async function confirmed(
  outcomes: readonly Outcome[],
  from: { pod: RandomPod; state: readonly Posted[] },
): Promise<string[]> {
  const profile = String(from.pod.spec.schedulerName);
  if (differences(outcomes as [Outcome, Outcome], profile).length === 0) return [];
  await setUp(from.state);
  await pause(1000);
  return differences((await both((side) => side.ask(from.pod))) as [Outcome, Outcome], profile);
}

function tally([first]: readonly Outcome[]): void {
  if (!first) return;
  const { node, scores, nominated } = first;
  counts.pods++;
  if (node) counts.bound++;
  if (scores && scores.size > 0) counts.scored++;
  if (nominated) counts.nominated++;
}

function report(what: {
  seed: number;
  pod: RandomPod;
  found: string[];
  state: readonly Posted[];
  outcomes: Outcome[];
}): void {
  counts.different++;
  const { seed, pod, found, state, outcomes } = what;
  console.log(`seed ${seed}, ${pod.metadata.name} (${pod.spec.schedulerName}): ${found.join('; ')}`);
  console.log(`  said: ${outcomes.map(({ message }) => JSON.stringify(message)).join(' / ')}`);
  if (flags.show)
    console.log(`  pod ${JSON.stringify(pod)}\n${state.map((one) => `  ${JSON.stringify(one)}`).join('\n')}`);
}
