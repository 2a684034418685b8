import { setTimeout as sleep } from 'node:timers/promises';
import { UpgradeRefusedError } from '@typernetes/client';
import { encodeSynStream } from '@typernetes/client/spdy';
import type { Chance } from '../compare/chance.ts';
import { type Cluster, untilTrue } from './cluster.ts';
import { podOf, type ShapeName } from './shapes.ts';
import { differencesOf, tracesScript } from './traces.ts';

/** With the pods of the system, what a node takes by default is 110. */
const count = 100;
const kinds: readonly ShapeName[] = ['server', 'volumes', 'deaf', 'stages', 'hooked'];
const killKubelet = `kill -9 $(pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ') || true`;

/** What disturbs a crowd that comes or goes. */
type Disturbance = (gone: AbortSignal) => Promise<unknown>;

/**
 * As many pods as a node takes, created and deleted at once: in peace, with the kubelet killed again and again, with the
 * runtime killed; and many clients that attach to a container at once and go at once. Returns the problems.
 */
export async function playCrowd(
  cluster: Cluster,
  { chance, say }: { chance: Chance; say: (line: string) => void },
): Promise<readonly string[]> {
  const [worker = ''] = cluster.workers;
  const problems: string[] = [];
  const check = async (what: string, look: () => Promise<readonly string[]>): Promise<void> => {
    const begun = performance.now();
    try {
      await untilTrue(what, look, { timeoutMs: 240_000 });
      say(`${what}: not (any more) after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    } catch (error) {
      problems.push(String(error));
    }
  };
  const again =
    (script: string, pause: number): Disturbance =>
    async (gone) => {
      while (!gone.aborted) {
        await sleep(pause + chance.below(pause));
        if (!gone.aborted) await cluster.in(worker, script);
      }
    };
  const before = await cluster.in(worker, `rm -rf /var/stress; ${tracesScript}`);
  const sound = (): Promise<void> =>
    check('the machine is not as before', async () =>
      differencesOf(before, await cluster.in(worker, tracesScript)).slice(0, 20),
    );
  const disturbances: Readonly<Record<string, Disturbance>> = {
    nothing: async () => {},
    'a kubelet that is killed again and again': again(killKubelet, 1500),
    'a runtime that is killed': again('kill -9 $(pgrep -x containerd) || true', 6000),
  };
  for (const [what, disturb] of Object.entries(disturbances)) {
    say(`With ${what}:`);
    const during = async (deed: () => Promise<void>, seconds: number): Promise<void> => {
      const over = new AbortController();
      const disturbed = disturb(over.signal);
      await deed();
      // A while of disturbance in any case; what is to be seen afterwards is seen in peace.
      if (what !== 'nothing') await sleep(seconds * 1000);
      over.abort();
      await disturbed;
    };
    await during(async () => {
      const names = Array.from({ length: count }, (_, at) => `crowd-${at}`);
      await Promise.all(names.map((name) => cluster.pods.create(podOf(name, chance.pick(kinds), worker))));
    }, 12);
    await check('pods do not come up', () => notReady(cluster));
    await during(async () => {
      const gone = (await cluster.podsNow()).map(({ metadata }) =>
        cluster.pods.delete(metadata, { gracePeriodSeconds: chance.pick([0, 1, 3]) }),
      );
      await Promise.all(gone);
    }, 12);
    await check('pods do not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
    await sound();
  }
  say('With clients that attach and go:');
  await cluster.pods.create(podOf('talks', 'flaps', worker));
  await check('the pod does not come up', async () =>
    (await cluster.podsNow()).flatMap(({ status }) => (status?.phase === 'Running' ? [] : [status?.phase ?? ''])),
  );
  for (let turn = 0; turn < 20; turn++)
    await Promise.all(Array.from({ length: 20 }, (_, at) => attachAndGo(cluster, 'talks', (at % 5) * chance.below(5))));
  await cluster.pods.delete({ name: 'talks', namespace: 'default' }, { gracePeriodSeconds: 1 });
  await check('the pod does not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
  await sound();
  return problems;
}

async function notReady(cluster: Cluster): Promise<readonly string[]> {
  const all = await cluster.podsNow();
  const waiting = all.filter(
    ({ status }) => !status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
  );
  return [
    ...(all.length === count ? [] : [`${all.length} pods`]),
    ...waiting.map(({ metadata, status }) => `${metadata.name}: ${status?.phase} ${status?.reason ?? ''}`),
  ];
}

/** Opens the streams of an attached client, and is gone after `ms`, whether they have been answered or not. */
async function attachAndGo(cluster: Cluster, pod: string, ms: number): Promise<void> {
  const path = `/api/v1/namespaces/default/pods/${pod}/attach?container=main&stdin=true&stdout=true&stderr=true`;
  const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
  try {
    const { socket } = await cluster.client.transport.upgrade({ method: 'POST', path, headers });
    socket.on('error', () => undefined);
    for (const [at, streamtype] of ['error', 'stdin', 'stdout', 'stderr'].entries())
      socket.write(encodeSynStream(2 * at + 1, { streamtype }, { first: at === 0 }));
    await sleep(ms);
    socket.destroy();
  } catch (error) {
    if (!(error instanceof UpgradeRefusedError)) throw error;
  }
}
