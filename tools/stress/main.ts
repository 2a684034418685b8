/**
 * `node tools/stress/main.ts [flags]`: random sequences of users' actions on pods and of faults of machines, on a
 * cluster of machines on this host. Needs root. See README.md.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Chance } from '../compare/chance.ts';
import { playChurn } from './churn.ts';
import { type Cluster, deleteCluster, openCluster, untilTrue } from './cluster.ts';
import { playCrowd } from './crowd.ts';
import { doSomething, Story } from './deeds.ts';
import { playPower } from './power.ts';
import { playRollouts } from './rollouts.ts';
import { podOf, shapes } from './shapes.ts';
import { differencesOf, tracesScript } from './traces.ts';
import { playTraffic } from './traffic.ts';

const { values: flags } = parseArgs({
  options: {
    /** Seeds, `1-5` or `7`: the same seed does the same in the same order. */
    seeds: { type: 'string', default: '1-3' },
    /** The number of actions per seed. */
    deeds: { type: 'string', default: '60' },
    /** Do not kill kubelets and container runtimes. */
    calm: { type: 'boolean', default: false },
    /**
     * `pods`; `workloads`, with their controllers, Services and names; `traffic`: requests to a Service meanwhile;
     * `power`: machines that shut down and start; `churn`: resources that components hold while things come and go;
     * `crowd`: as many pods as a node takes, all at once.
     */
    work: { type: 'string', default: 'pods' },
    /** For `churn`: the number of rounds, and the seconds per round. */
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    workers: { type: 'string', default: '1' },
    /** Keep the cluster for the next run, which reuses it. */
    keep: { type: 'boolean', default: false },
  },
});

const home = resolve(process.env.TYPERNETES_HOME ?? '/var/lib/typernetes-stress');
const range = { deeds: Number(flags.deeds), faults: !flags.calm };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Pressure conditions that change soon, and a grace period for pods when a machine shuts down. */
const settings = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
evictionPressureTransitionPeriod: 1s
shutdownGracePeriod: 10s
shutdownGracePeriodCriticalPods: 4s
`;

const cluster = await openCluster(home, { workers: Number(flags.workers), settings });
try {
  await prepare(cluster);
  const [first = 1, last = first] = flags.seeds.split('-').map(Number);
  let failures = 0;
  if (flags.work === 'traffic') {
    const lost = await playTraffic(cluster, say);
    for (const line of lost) say(line);
    failures = lost.length;
  }
  if (flags.work === 'power') {
    const problems = await playPower(cluster, say);
    for (const line of problems) say(line);
    failures = problems.length;
  }
  if (flags.work === 'crowd') {
    const problems = await playCrowd(cluster, { chance: new Chance(`crowd ${first}`), say });
    for (const line of problems) say(line);
    failures = problems.length;
  }
  if (flags.work === 'churn') {
    const [rounds, seconds] = [Number(flags.rounds), Number(flags.seconds)];
    const leaks = await playChurn(cluster, { chance: new Chance(`churn ${first}`), rounds, seconds, say });
    for (const line of leaks) say(line);
    failures = leaks.length;
  }
  for (let seed = first; seed <= last && ['pods', 'workloads'].includes(flags.work); seed++) {
    const chance = new Chance(`${flags.work} ${seed}`);
    const problems = flags.work === 'pods' ? await play(cluster, chance) : await playRollouts(cluster, chance, range);
    say(`seed ${seed}: ${problems.length === 0 ? 'as it should be' : `\n${problems.join('\n')}`}`);
    failures += problems.length;
  }
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  if (!flags.keep) deleteCluster(home);
}

async function prepare(cluster: Cluster): Promise<void> {
  const metadata = { name: 'stress', namespace: 'default' };
  const there = await cluster.configMaps.list({ namespace: 'default', fieldSelector: 'metadata.name=stress' });
  if (there.items.length > 0) return;
  await cluster.configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } });
  await cluster.secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { a: '1' } });
}

/** Plays one seed from start to end. Returns the problems. */
async function play(cluster: Cluster, chance: Chance): Promise<readonly string[]> {
  const story = new Story(cluster, chance);
  const looks = () =>
    Promise.all(cluster.workers.map((name) => cluster.in(name, `rm -rf /var/stress; ${tracesScript}`)));
  // The bridge and the port chains exist once a machine has had a pod that needs them.
  const warm = cluster.workers.map((node) => cluster.pods.create(podOf(`warm-${node}`, 'port', node)));
  await Promise.all(warm);
  await untilTrue('the first pods do not run', async () =>
    (await cluster.podsNow()).filter(({ status }) => status?.phase !== 'Running').map(({ metadata }) => metadata.name),
  );
  await cluster.pods.deleteCollection({ namespace: 'default' });
  await untilTrue('the first pods do not go', async () =>
    (await cluster.podsNow()).map(({ metadata }) => metadata.name),
  );
  const before = await looks();
  await cluster.client.json('DELETE', '/api/v1/namespaces/default/events');
  const problems: string[] = [];
  const check = async (what: string, look: () => Promise<readonly string[]>): Promise<void> => {
    try {
      await untilTrue(what, look);
    } catch (error) {
      problems.push(String(error));
    }
  };
  for (let deed = 0; deed < range.deeds; deed++) {
    try {
      await doSomething(story, range);
    } catch (error) {
      problems.push(`${story.log.at(-1)}: ${String(error)}`);
    }
  }
  await check('pods do not come to what they should be', () => wrongPods(story));
  problems.push(...(await wrongStarts(story)), ...(await stormsOf(cluster)));
  await cluster.pods.deleteCollection({ namespace: 'default' });
  await check('pods do not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
  await check('machines are not as before', async () => {
    const after = await Promise.all(cluster.workers.map((name) => cluster.in(name, tracesScript)));
    return after.flatMap((text, at) =>
      differencesOf(before[at] ?? '', text).map((line) => `${cluster.workers[at]}: ${line}`),
    );
  });
  await cluster.client.json('DELETE', '/api/v1/namespaces/default/events');
  return problems.length === 0 ? problems : [...problems, 'What was done:', ...story.log.map((line) => `  ${line}`)];
}

async function wrongPods({ cluster, living }: Story): Promise<readonly string[]> {
  const there = new Map((await cluster.podsNow()).map((pod) => [pod.metadata.name, pod]));
  return [
    ...[...living.values()].flatMap(({ name, shape, uid }) => {
      const pod = there.get(name);
      if (pod?.metadata.uid !== uid) return [`${name} is not there`];
      const found = shapes[shape]?.problems(pod.status ?? {}) ?? [];
      // A container that was created but not started when the kubelet or the runtime was killed is created again, and
      // counts each time: the notes are what tells of starts. containerd 1.6 hears of OOM kills only while it runs, and
      // otherwise reports an error.
      const passed = /restarted [1-9]\d* times$|^reason Error$/;
      const unexpected = range.faults ? found.filter((text) => !passed.test(text)) : found;
      return unexpected.map((text) => `${name}: ${text}`);
    }),
    ...[...there.keys()].filter((name) => !living.has(name)).map((name) => `${name} is still there`),
  ];
}

async function wrongStarts({ cluster, living }: Story): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, shape, node } of living.values()) {
    const wanted = shapes[shape]?.starts;
    if (!wanted) continue;
    const lines = (await cluster.in(node, `cat /var/stress/${name} || true`)).trim().split('\n');
    for (const [container, count] of Object.entries(wanted)) {
      const is = lines.filter((line) => line === container).length;
      if (is !== count) problems.push(`${name}: ${container} was started ${is} times instead of ${count}`);
    }
  }
  return problems;
}

/** Events repeated too often for one object in a short time. */
async function stormsOf(cluster: Cluster): Promise<readonly string[]> {
  const counts = new Map<string, number>();
  for (const { involvedObject, reason, count = 1, message = '' } of await cluster.eventsNow()) {
    const key = `${involvedObject.name} ${reason} ${message.slice(0, 120)}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  const usual = /^flaps|Unhealthy|BackOff|FailedMount|Pulling/;
  return [...counts]
    .filter(([key, count]) => count > 8 && !usual.test(key))
    .map(([key, count]) => `said ${count} times: ${key}`);
}
