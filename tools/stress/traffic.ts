import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, deployments } from '@typernetes/api/apps/v1';
import { nodes, type Service } from '@typernetes/api/core/v1';
import { commandInMachine } from '@typernetes/machine';
import { type Cluster, untilTrue } from './cluster.ts';

const name = 'web';
const ref = { name, namespace: 'default' };
const nodePort = 30_080;

/** Serves the name of its pod, and keeps serving for a while after SIGTERM, as servers behind a Service must. */
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...ref },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: name } },
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 2 } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 10,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: { app: name } },
          },
        ],
        containers: [
          {
            name: 'main',
            image: 'busybox',
            command: ['sh', '-c', 'mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www'],
            readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
            lifecycle: { preStop: { exec: { command: ['sleep', '4'] } } },
          },
        ],
      },
    },
  },
};

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...ref },
  spec: { type: 'NodePort', selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort }] },
};

/** An action during the requests, and the workers that must not be asked meanwhile. */
interface Deed {
  readonly what: string;
  readonly run: () => Promise<unknown>;
  readonly spared?: () => Promise<readonly string[]> | readonly string[];
}

interface Answers {
  readonly answered: Readonly<Record<string, number>>;
  readonly failed: readonly string[];
  readonly servers: number;
}

/**
 * Sends requests to a Service from the control plane during actions on its pods and itself. Returns the lost requests.
 */
export async function playTraffic(cluster: Cluster, say: (line: string) => void): Promise<readonly string[]> {
  const sets = cluster.client.resource(deployments);
  await sets.create(deployment as unknown as Deployment);
  const { spec } = await cluster.services.create(service as unknown as Service);
  const rolled = (what: string): Promise<void> =>
    untilTrue(what, async () => {
      const { metadata, spec, status } = await sets.get(ref);
      const { replicas = 0 } = spec ?? {};
      const said = [status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0, status?.replicas ?? 0];
      return said.every((count) => count === replicas) && status?.observedGeneration === metadata.generation
        ? []
        : [`${said.join(', ')} of ${replicas}`];
    });
  await rolled('the Deployment does not come up');
  const urls = new Map([['', `http://${spec?.clusterIP}/`]]);
  for (const worker of cluster.workers) {
    const [address] = (await cluster.in(worker, 'hostname -I')).trim().split(' ');
    urls.set(worker, `http://${address}:${nodePort}/`);
  }
  /** Workers without pods refuse external traffic under externalTrafficPolicy Local. */
  const withoutPods = async (): Promise<readonly string[]> => {
    const pods = await cluster.podsNow();
    return cluster.workers.filter((worker) => !pods.some(({ spec }) => spec?.nodeName === worker));
  };
  const patchService = (patch: object): Promise<unknown> =>
    cluster.services.patch(ref, { spec: patch }, { type: 'merge' });
  const restart = async (turn: string): Promise<void> => {
    const annotations = { turn };
    await sets.patch(ref, { spec: { template: { metadata: { annotations } } } }, { type: 'merge' });
    await rolled('the Deployment does not roll');
  };
  const scale = async (replicas: number): Promise<void> => {
    await sets.patch(ref, { spec: { replicas } }, { type: 'merge' });
    await rolled('the Deployment does not scale');
  };
  const kubelet = `$(pgrep -of '^/usr/local/lib/typernetes/node .*/usr/local/bin/kubelet ')`;
  const [worker = ''] = cluster.workers;
  const done: readonly (readonly [string, () => Promise<unknown>, Deed['spared']?])[] = [
    ['a rolling update', () => restart('1')],
    ['more pods', () => scale(7)],
    ['fewer pods', () => scale(3)],
    [
      'the kubelet killed during a rolling update',
      async () => {
        const rolling = restart('2');
        await sleep(2000);
        await cluster.in(worker, `kill -9 ${kubelet}`);
        await rolling;
      },
    ],
    ['the container runtime killed', () => cluster.in(worker, 'kill -9 $(pgrep -x containerd)')],
    [
      'kube-proxy killed during a rolling update',
      async () => {
        const rolling = restart('3');
        await sleep(1000);
        await cluster.in(worker, `kill -9 $(pgrep -f 'kube-prox[y]')`);
        await rolling;
      },
    ],
    ['session affinity', () => patchService({ sessionAffinity: 'ClientIP' })],
    ['a rolling update with session affinity', () => restart('4')],
    ['no session affinity', () => patchService({ sessionAffinity: 'None', sessionAffinityConfig: null })],
    [
      'another port',
      () => patchService({ ports: [...service.spec.ports, { name: 'more', port: 81, targetPort: 8080 }] }),
    ],
    ['local external traffic', () => patchService({ externalTrafficPolicy: 'Local' }), withoutPods],
    ['external traffic to all', () => patchService({ externalTrafficPolicy: 'Cluster' }), withoutPods],
    [
      'every pod of a node evicted',
      async () => {
        const pods = (await cluster.podsNow()).filter(({ spec }) => spec?.nodeName === worker);
        for (const { metadata } of pods) {
          const own = { name: metadata.name, namespace: 'default' };
          await cluster.pods.createSubresource(own, 'eviction', {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: own,
          });
          await sleep(2500);
        }
        await rolled('the Deployment does not recover');
      },
    ],
    ...(cluster.workers.length > 1
      ? ([
          ['a worker without the API server until it is given up', () => cutOff(cluster, worker, async () => {})],
          // It does not learn of the new pods until then.
          ['a rolling update without that worker', () => cutOff(cluster, worker, () => restart('5')), () => [worker]],
        ] as const)
      : []),
  ];
  const deeds = done.map(([what, run, spared]): Deed => ({ what, run, ...(spared ? { spared } : {}) }));
  const lost: string[] = [];
  for (const { what, run, spared } of deeds) {
    const away = (await spared?.()) ?? [];
    const asked = [...urls].flatMap(([worker, url]) => (away.includes(worker) ? [] : [url]));
    const answers = await underLoad(cluster, asked, run);
    say(
      `${what}: ${Object.values(answers.answered).join(' + ')} answered by ${answers.servers}, ${answers.failed.length} lost`,
    );
    lost.push(...answers.failed.slice(0, 5).map((line) => `${what}: ${line}`));
  }
  await sets.delete(ref);
  await cluster.services.delete(ref);
  await untilTrue('pods do not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
  return lost;
}

/**
 * Performs an action while a worker cannot reach the API server, starting when the worker is considered lost; waits
 * until it is back.
 */
async function cutOff(cluster: Cluster, worker: string, run: () => Promise<unknown>): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const { status } = await cluster.client.resource(nodes).get({ name: worker });
    return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  };
  const rules = ['OUTPUT -p tcp --dport 6443 -j DROP', 'INPUT -p tcp --sport 6443 -j DROP'];
  for (const rule of rules) await cluster.in(worker, `iptables -I ${rule}`);
  try {
    await untilTrue('the worker is not given up', async () => ((await isReady()) ? ['it is ready'] : []));
    await run();
  } finally {
    for (const rule of rules) await cluster.in(worker, `iptables -D ${rule}`);
  }
  await untilTrue('the worker does not come back', async () => ((await isReady()) ? [] : ['it is not ready']));
}

/** The results of requests from before the action until a while after it. */
async function underLoad(cluster: Cluster, urls: readonly string[], deed: () => Promise<unknown>): Promise<Answers> {
  const program = readFileSync(join(import.meta.dirname, 'load.mjs'), 'utf8');
  const command = ['/usr/local/lib/typernetes/node', '--input-type=module', '-e', program, 'load', ...urls];
  const [file = '', ...args] = commandInMachine(
    { installation: { home: cluster.home } },
    `${cluster.name}-control-plane`,
    command,
  );
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise((settle, fail) => child.on('error', fail).on('close', settle));
  await sleep(1500);
  try {
    await deed();
    await sleep(4000);
  } finally {
    child.stdin.end();
    await ended;
  }
  return JSON.parse(output) as Answers;
}
