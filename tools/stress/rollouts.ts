import { setTimeout as sleep } from 'node:timers/promises';
import { isPodActive, isPodReady } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import type { Chance } from '../compare/chance.ts';
import { type Cluster, untilTrue } from './cluster.ts';
import { objectOf, pathOf, serviceOf, templateOf, type Workload } from './workloads.ts';

const process = (program: string): string => `$(pgrep -f '/typernetes/[n]ode .*/usr/local/bin/${program} ' | head -1)`;

/** Actions on workloads, their Services, controllers and nodes. */
export class Rollouts {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly living = new Map<string, Workload>();
  readonly log: string[] = [];
  readonly #pauses: Promise<unknown>[] = [];
  #made = 0;

  constructor(cluster: Cluster, chance: Chance) {
    this.cluster = cluster;
    this.chance = chance;
  }

  /** Performs a random action. */
  async act({ faults }: { faults: boolean }): Promise<void> {
    const roll = this.chance.below(100);
    if (roll < 20) return this.#create();
    if (roll < 40) return this.#scale();
    if (roll < 55) return this.#update();
    if (roll < 62) return this.#delete();
    if (roll < 72) return this.#deletePod();
    if (roll < 78 || !faults) return void (await sleep(this.chance.below(2000)));
    if (roll < 82) return this.#kill(this.#controlPlane, 'kube-controller-manager');
    if (roll < 84) return this.#kill(this.#controlPlane, 'kube-scheduler');
    if (roll < 86) return this.#kill(this.#controlPlane, 'kube-apiserver');
    if (roll < 90) return this.#kill(this.chance.pick(this.cluster.workers), 'kubelet');
    if (roll < 92) return this.#kill(this.chance.pick(this.cluster.workers), 'kube-proxy');
    if (roll < 96) return this.#pause();
    if (roll < 97) return this.#freeze();
    return this.#drain();
  }

  /** Resumes what was paused. */
  async settle(): Promise<void> {
    await Promise.all(this.#pauses);
  }

  get #controlPlane(): string {
    return `${this.cluster.name}-control-plane`;
  }

  async #create(): Promise<void> {
    const kind = this.chance.pick(['Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const);
    const workload: Workload = {
      kind,
      name: `${kind.toLowerCase()}-${++this.#made}`,
      replicas: (kind === 'Job' ? 1 : 0) + this.chance.below(4),
      turn: 0,
      isHeadless: this.chance.of(0.4),
    };
    this.log.push(`create ${workload.name} (${workload.replicas})`);
    await this.ask('POST', pathOf(workload), objectOf(workload, this.chance));
    this.living.set(workload.name, workload);
    if (kind !== 'Job') await this.ask('POST', '/api/v1/namespaces/default/services', serviceOf(workload));
  }

  async #scale(): Promise<void> {
    const workload = this.#any(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
    if (!workload) return;
    const replicas = this.chance.below(5);
    this.log.push(`scale ${workload.name} to ${replicas}`);
    await this.#patch(workload, { spec: { replicas } });
    workload.replicas = replicas;
  }

  async #update(): Promise<void> {
    const workload = this.#any(({ kind }) => kind !== 'Job');
    if (!workload) return;
    workload.turn++;
    this.log.push(`update ${workload.name} to ${workload.turn}`);
    await this.#patch(workload, { spec: { template: templateOf(workload) } });
  }

  async #delete(): Promise<void> {
    const workload = this.#any(() => true);
    if (!workload) return;
    const propagationPolicy = this.chance.pick(['Foreground', 'Background']);
    this.log.push(`delete ${workload.name} (${propagationPolicy})`);
    this.living.delete(workload.name);
    await this.ask('DELETE', `${pathOf(workload)}/${workload.name}`, { propagationPolicy });
    if (workload.kind !== 'Job') await this.ask('DELETE', `/api/v1/namespaces/default/services/${workload.name}`);
  }

  async #deletePod(): Promise<void> {
    const pods = (await this.#retried(() => this.cluster.podsNow())).filter(isPodActive);
    if (pods.length === 0) return;
    const { name } = this.chance.pick(pods).metadata;
    this.log.push(`delete pod ${name}`);
    await this.ask('DELETE', `/api/v1/namespaces/default/pods/${name}`);
  }

  async #kill(machine: string, program: string): Promise<void> {
    this.log.push(`kill ${program} of ${machine}`);
    await this.cluster.in(machine, `kill -9 ${process(program)} || true`);
  }

  /**
   * Stops a program for a while, as if starved of CPU or disk, long enough to lose its lease or not; actions go on
   * meanwhile.
   */
  async #pause(): Promise<void> {
    const [machine, program] = this.chance.pick([
      [this.#controlPlane, 'kube-controller-manager'],
      [this.#controlPlane, 'kube-scheduler'],
      [this.#controlPlane, 'kube-apiserver'],
      ...['kubelet', 'kube-proxy', 'containerd'].map((name) => [this.chance.pick(this.cluster.workers), name]),
    ] as [string, string][]);
    const seconds = this.chance.pick([2, 5, 12, 25]);
    this.log.push(`pause ${program} of ${machine} for ${seconds} s`);
    const which = program === 'containerd' ? '$(pgrep -x containerd)' : process(program);
    const paused = this.cluster.in(
      machine,
      `pid=${which}; kill -STOP $pid || exit 0; sleep ${seconds}; kill -CONT $pid || true`,
    );
    this.#pauses.push(paused.catch((error: unknown) => void this.log.push(`  ${String(error)}`)));
  }

  /**
   * Stops a whole machine for a moment, or until it is considered lost. Only one at a time, whose kubelet is not killed
   * meanwhile.
   */
  async #freeze(): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    const seconds = this.chance.pick([3, 20, 75]);
    this.log.push(`freeze ${node} for ${seconds} s`);
    await this.settle();
    await this.cluster.freeze(node, seconds * 1000);
  }

  async #drain(): Promise<void> {
    const node = this.chance.pick(this.cluster.workers);
    this.log.push(`drain ${node}`);
    const path = `/api/v1/nodes/${node}`;
    await this.ask('PATCH', path, { spec: { unschedulable: true } });
    for (const { metadata, spec } of await this.#retried(() => this.cluster.podsNow())) {
      if (spec?.nodeName !== node || metadata.ownerReferences?.[0]?.kind === 'DaemonSet') continue;
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name } };
      await this.ask('POST', `/api/v1/namespaces/default/pods/${metadata.name}/eviction`, eviction);
    }
    await sleep(1000);
    await this.ask('PATCH', path, { spec: { unschedulable: null } });
  }

  /** Problems of the workloads. */
  async problems(): Promise<readonly string[]> {
    const pods = await this.cluster.podsNow();
    const slices = (await this.cluster.client.resource(endpointslices).list({ namespace: 'default' })).items;
    const ours = new Set<string>();
    const problems: string[] = [];
    for (const workload of this.living.values()) {
      const own = pods.filter(({ metadata }) => metadata.labels?.workload === workload.name);
      for (const { metadata } of own) ours.add(metadata.name);
      const found = workload.kind === 'Job' ? await this.#ofJob(workload) : this.#ofServers(workload, own, slices);
      problems.push(...found.map((text) => `${workload.name}: ${text}`));
    }
    const strays = pods.filter(({ metadata }) => !ours.has(metadata.name));
    return [...problems, ...strays.map(({ metadata }) => `${metadata.name} is nobody's`)];
  }

  async #ofJob(workload: Workload): Promise<readonly string[]> {
    const { status } = await this.cluster.client.json<{ status?: { succeeded?: number; completionTime?: string } }>(
      'GET',
      `${pathOf(workload)}/${workload.name}`,
    );
    const { succeeded = 0, completionTime } = status ?? {};
    if (completionTime !== undefined && succeeded === workload.replicas) return [];
    return [`${succeeded} of ${workload.replicas} have succeeded, over: ${completionTime}`];
  }

  #ofServers(workload: Workload, own: readonly Pod[], slices: readonly EndpointSlice[]): readonly string[] {
    const { kind, name, replicas, turn } = workload;
    const wanted = kind === 'DaemonSet' ? this.cluster.workers.length : replicas;
    const old = own.filter(({ spec }) => spec?.containers[0]?.env?.[0]?.value !== String(turn));
    const ready = own.filter(isPodReady);
    const addresses = ready.map(({ status }) => status?.podIP ?? '').sort();
    const log = slices
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready)
      .flatMap((endpoint) => endpoint.addresses)
      .sort();
    return [
      ...(own.length === wanted ? [] : [`${own.length} pods instead of ${wanted}`]),
      ...(ready.length === wanted ? [] : [`${ready.length} ready pods instead of ${wanted}`]),
      ...old.map(({ metadata }) => `${metadata.name} is of an old template`),
      ...(log.join() === addresses.join() ? [] : [`endpoints ${log} instead of ${addresses}`]),
    ];
  }

  /** Names for which the cluster's DNS returns wrong addresses. */
  async dnsProblems(): Promise<readonly string[]> {
    const services = (await this.cluster.services.list({ namespace: 'default' })).items;
    const pods = await this.cluster.podsNow();
    const dns = '10.96.0.10';
    const wanted = services
      .filter(({ metadata }) => this.living.has(metadata.name))
      .map(({ metadata, spec }) => {
        const own = pods.filter((pod) => pod.metadata.labels?.workload === metadata.name && isPodReady(pod));
        const addresses = spec?.clusterIP === 'None' ? own.map(({ status }) => status?.podIP ?? '') : [spec?.clusterIP];
        return { name: `${metadata.name}.default.svc.cluster.local`, addresses: addresses.sort() };
      });
    const script = `const r = new (require('node:dns').promises.Resolver)(); r.setServers(['${dns}']);
(async () => { for (const name of process.argv.slice(1)) console.log(name, (await r.resolve4(name).catch(() => [])).sort().join()); })()`;
    const names = wanted.map(({ name }) => name).join(' ');
    const output = await this.cluster.in(
      `${this.cluster.name}-control-plane`,
      `/usr/local/lib/typernetes/node -e "$(cat <<'END'\n${script}\nEND\n)" -- ${names}`,
    );
    const log = new Map(
      output
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    return wanted.flatMap(({ name, addresses }) =>
      (log.get(name) ?? '') === addresses.join() ? [] : [`${name} is ${log.get(name)} instead of ${addresses}`],
    );
  }

  /** Retries while the API server is away, as users would. AlreadyExists and NotFound count as answers. */
  ask(method: string, path: string, body?: object): Promise<unknown> {
    const options = method === 'PATCH' ? { contentType: 'application/strategic-merge-patch+json' } : {};
    return this.#retried(async () => {
      try {
        return await this.cluster.client.json(method, path, body, options);
      } catch (error) {
        if (/AlreadyExists|NotFound|not found|already exists/.test(String(error))) return undefined;
        throw error;
      }
    });
  }

  #patch(workload: Workload, patch: object): Promise<unknown> {
    return this.ask('PATCH', `${pathOf(workload)}/${workload.name}`, patch);
  }

  async #retried<T>(deed: () => Promise<T>): Promise<T> {
    for (let left = 700; ; left--) {
      try {
        return await deed();
      } catch (error) {
        if (left === 0) throw error;
        await sleep(500);
      }
    }
  }

  #any(fits: (workload: Workload) => boolean): Workload | undefined {
    const all = [...this.living.values()].filter(fits);
    return all.length === 0 ? undefined : this.chance.pick(all);
  }
}

/** Plays one seed of workloads. Returns the problems in the end. */
export async function playRollouts(
  cluster: Cluster,
  chance: Chance,
  { deeds, faults }: { deeds: number; faults: boolean },
): Promise<readonly string[]> {
  const story = new Rollouts(cluster, chance);
  const problems: string[] = [];
  const check = async (what: string, look: () => Promise<readonly string[]>): Promise<void> => {
    try {
      // Jobs wait longer after each deleted pod, and control planes after each kill.
      await untilTrue(what, look, { timeoutMs: 300_000 });
    } catch (error) {
      problems.push(String(error));
    }
  };
  for (let deed = 0; deed < deeds; deed++) await story.act({ faults });
  await story.settle();
  await check('workloads do not come to what they should be', () => story.problems());
  await check('names do not lead to their addresses', () => story.dnsProblems());
  for (const path of [
    '/apis/apps/v1/namespaces/default/deployments',
    '/apis/apps/v1/namespaces/default/statefulsets',
    '/apis/apps/v1/namespaces/default/daemonsets',
    '/apis/batch/v1/namespaces/default/jobs',
  ])
    await story.ask('DELETE', path, { propagationPolicy: 'Background' });
  for (const { name } of story.living.values())
    await story.ask('DELETE', `/api/v1/namespaces/default/services/${name}`);
  await check('pods do not go', async () => (await cluster.podsNow()).map(({ metadata }) => metadata.name));
  await story.ask('DELETE', '/api/v1/namespaces/default/events');
  return problems.length === 0 ? problems : [...problems, 'What was done:', ...story.log.map((line) => `  ${line}`)];
}
