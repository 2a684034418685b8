import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime, ContainerStats } from '@typernetes/cri';
import {
  answerHealth,
  type ComponentFacts,
  changeVerbosity,
  componentPages,
  isProfilePath,
  type Metrics,
  metricsContentType,
  parseDuration,
  ping,
  sendProfile,
  shortBody,
  sliMetrics,
  type Verbosity,
} from '@typernetes/process';
import { shownConfiguration } from '../config/configz.ts';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { labels } from '../pod/labels.ts';
import type { ProbeSample } from '../probes/prober.ts';
import type { MachineUsage } from '../resources/machine-usage.ts';
import type { NodeCpu } from '../resources/node-cpu.ts';
import type { PodUsage } from '../resources/pod-usage.ts';
import type { SystemContainer } from '../resources/system-containers.ts';
import type { SwapUsage } from '../runtime/group-swap.ts';
import type { GroupUsage } from '../runtime/group-usage.ts';
import { usableSandbox } from '../runtime/pod-history.ts';
import { type ContainerRecord, readPodRecord } from '../runtime/pod-record.ts';
import type { Access } from './access.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { checkpoint } from './checkpoint.ts';
import { sendLog } from './container-logs.ts';
import { probeMetrics } from './probe-metrics.ts';
import { sendQueriedLog } from './queried-log.ts';
import { pageNotFound, Refusal, send, sendJson } from './refusal.ts';
import { readOnlyParts, routeRefusal, type ServerParts } from './routes.ts';
import { runningPods } from './running-pods.ts';
import { type MountedUsages, statsSummary } from './stats-summary.ts';
import { tunnel } from './stream-tunnel.ts';
import { sendSystemLog } from './system-logs.ts';
import { resourceMetrics } from './usage-metrics.ts';
import { volumeMetrics } from './volume-metrics.ts';

interface KubeletServerDeps {
  readonly runtime: ContainerRuntime;
  readonly access: Access;
  /** All pods of this node, with their present status. */
  readonly pods: () => readonly Pod[];
  readonly nodeName: string;
  readonly cpus: number;
  readonly metrics: Pick<Metrics, 'render'>;
  /** For `/statusz` and `/flagz`. */
  readonly facts: Pick<ComponentFacts, 'name' | 'flags'>;
  /** Changed through `/debug/flags/v`. */
  readonly verbosity: Verbosity;
  readonly probes: () => readonly ProbeSample[];
  readonly settings: CompleteConfiguration;
  /** The directory of containers' checkpoints. */
  readonly checkpoints: string;
  readonly resources: {
    machine(): Promise<MachineUsage>;
    cpu(): Promise<NodeCpu>;
    /** Cgroups other than those of containers. */
    system(): Promise<readonly SystemContainer[]>;
    usages(pods: readonly Pod[]): Promise<ReadonlyMap<string, PodUsage>>;
    mounted(pods: readonly Pod[]): Promise<MountedUsages>;
    /** What a container has swapped out; undefined when it is gone. */
    swap(pod: Pod, containerId: string): Promise<SwapUsage | undefined>;
    /** The kernel's statistics on a container; undefined when it is gone. */
    group(pod: Pod, containerId: string): Promise<GroupUsage | undefined>;
  };
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long to wait for the runtime's list of containers, in milliseconds. */
const checkpointLookMs = 10_000;

/** An answer may take four hours, as upstream has it. */
const longestAnswerSeconds = 4 * 60 * 60;

const paths = [
  ...['/configz', '/containerLogs/', '/debug/flags/v', '/flagz', '/healthz', '/logs/', '/metrics', '/metrics/cadvisor'],
  ...['/metrics/probes', '/metrics/resource', '/metrics/slis', '/pods', '/runningpods/', '/stats/summary', '/statusz'],
];

/** Upstream's names; each passes as long as the process answers, since nothing here depends on a loop, and a kubelet that plugins cannot register with ends. */
const checks = { healthz: ['ping', 'log', 'syncloop', 'device-plugin'].map((name) => ({ ...ping, name })) };

/** Serves the API server and a cluster's tools: logs, streams into containers, statistics. */
export class KubeletServer {
  readonly #deps: KubeletServerDeps;
  readonly #idleMs: number;
  readonly #slis = sliMetrics();
  readonly #health = this.#slis.observed(checks);
  readonly #pageOf: ReturnType<typeof componentPages>;

  constructor(deps: KubeletServerDeps) {
    this.#deps = deps;
    this.#pageOf = componentPages({ ...deps.facts, clock: deps.clock }, paths);
    this.#idleMs = parseDuration(deps.settings.streamingConnectionIdleTimeout) ?? 0;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#authorize(request)
      .then(() => this.#answer(request, response, this.#deps.settings))
      .catch((error: unknown) => fail(response, error));
  };

  /** For `readOnlyPort`: anyone may see what runs and what it uses, and nothing else. */
  readonly handleReadOnly = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response, readOnlyParts).catch((error: unknown) => fail(response, error));
  };

  /** For the server's `upgrade` event: exec, attach and port-forward. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#stream(request).then(
      (url) => tunnel(request, socket, { head, url, idleMs: this.#idleMs }),
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : 500;
        const body = messageOf(error);
        socket.end(
          `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        );
      },
    );
  };

  async #answer(request: IncomingMessage, response: ServerResponse, on: ServerParts): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const refusal = routeRefusal(request.method ?? 'GET', parts, on);
    if (refusal) throw refusal;
    const [first = '', second = ''] = parts;
    switch (first) {
      case 'healthz': {
        const health = await answerHealth(url, this.#health);
        if (!health) throw pageNotFound();
        return send(response, health.status, health.body);
      }
      case 'statusz':
      case 'flagz': {
        const page = this.#pageOf(url.pathname, request.headers.accept);
        if (!page) throw pageNotFound();
        return send(response, page.status, page.body, page.type);
      }
      case 'debug':
        return this.#debug(request, url, response);
      case 'metrics':
        return send(response, 200, await this.#metrics(second), metricsContentType);
      case 'pods':
        return sendJson(response, podList(this.#deps.pods()));
      case 'runningpods':
        return sendJson(response, podList(await runningPods(this.#deps.runtime)));
      case 'stats':
        if (second !== 'summary') throw new Refusal(404, '404: Page Not Found');
        return sendJson(response, await this.#summary(isBrief(url.searchParams)), 1);
      case 'configz':
        return sendJson(response, { kubeletconfig: shownConfiguration(this.#deps.settings) });
      case 'logs': {
        const path = parts.slice(1).join('/');
        return this.#deps.settings.enableSystemLogQuery
          ? sendQueriedLog(path, url.searchParams, response)
          : sendSystemLog(path, response);
      }
      default:
        return this.#answerOfContainer(parts, url.searchParams, response);
    }
  }

  /** `/containerLogs`, `/run` and `/checkpoint`, and what wants an upgrade. */
  async #answerOfContainer(
    [first, namespace = '', name = '', ...rest]: readonly string[],
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const { runtime, clock, checkpoints: directory } = this.#deps;
    const container = rest.at(-1) ?? '';
    switch (first) {
      case 'containerLogs': {
        const pod = this.#podNamed(namespace, name);
        const containers = (of: Pod, signal: AbortSignal) => this.#containers(of, container, signal);
        return sendLog({ pod, name, container, query }, response, { containers, runtime, clock });
      }
      case 'run': {
        const pod = this.#pod(namespace, name);
        return send(response, 200, await this.#run(pod, container, query), 'application/json');
      }
      case 'checkpoint': {
        const pod = this.#pod(namespace, name);
        const idOf = async (of: Pod, one: string): Promise<string | undefined> =>
          (await this.#containers(of, one, AbortSignal.timeout(checkpointLookMs)))[0]?.id;
        return sendJson(response, await checkpoint({ pod, container, query }, { runtime, directory, idOf, clock }));
      }
      default:
        throw new Refusal(400, 'Upgrade request required');
    }
  }

  async #debug(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const { verbosity, clock } = this.#deps;
    if (isProfilePath(url.pathname)) return sendProfile(url, response, { clock, longestSeconds: longestAnswerSeconds });
    const { status, text } = changeVerbosity(verbosity, request.method ?? 'GET', await shortBody(request));
    send(response, status, text);
  }

  async #authorize(request: IncomingMessage): Promise<void> {
    const verdict = await this.#deps.access.check(request);
    if (verdict.status !== 200) throw new Refusal(verdict.status, verdict.message);
  }

  async #metrics(which: string): Promise<string> {
    const { metrics, runtime, resources, pods, cpus, clock } = this.#deps;
    if (which === '') return metrics.render() + volumeMetrics(await resources.mounted(pods()));
    if (which === 'slis') return this.#slis.render();
    if (which === 'probes') return probeMetrics(this.#deps.probes());
    if (which !== 'resource' && which !== 'cadvisor') throw pageNotFound();
    const [stats, machine, cpu] = await Promise.all([
      runtime.listContainerStats(),
      resources.machine(),
      resources.cpu(),
    ]);
    const sight = { stats, machine, cpu, pods: pods(), cpus, now: clock.now() };
    const own = this.#ownersOf(stats, sight.pods);
    if (which === 'resource') return resourceMetrics({ ...sight, swaps: await readAll(own, resources.swap) });
    const { cpuCFSQuota, cpuCFSQuotaPeriod } = this.#deps.settings;
    const cfsPeriod = cpuCFSQuota ? (parseDuration(cpuCFSQuotaPeriod) ?? 100) * 1000 : undefined;
    return cadvisorMetrics({ ...sight, groups: await readAll(own, resources.group), cfsPeriod });
  }

  /** The pods of containers, by the containers' ids. */
  #ownersOf(stats: readonly ContainerStats[], pods: readonly Pod[]): ReadonlyMap<string, Pod> {
    const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    return new Map(
      stats.flatMap(({ attributes: { id, labels: own } }) => {
        const pod = byUid.get(own[labels.podUid] ?? '');
        return pod ? [[id, pod] as const] : [];
      }),
    );
  }

  async #summary(brief: boolean): Promise<object> {
    const { nodeName, runtime, resources, clock } = this.#deps;
    const pods = this.#deps.pods();
    const [stats, machine, cpu, system, usages, mounted] = await Promise.all([
      runtime.listContainerStats(),
      resources.machine(),
      resources.cpu(),
      resources.system(),
      brief ? new Map() : resources.usages(pods),
      brief ? new Map() : resources.mounted(pods),
    ]);
    const groups = await readAll(this.#ownersOf(stats, pods), resources.group);
    const read = { stats, pods, usages, mounted, groups, machine, cpu, system };
    return statsSummary({ nodeName, ...read, now: clock.now(), brief });
  }

  /** Runs a command to its end and answers with what it printed. */
  async #run(pod: Pod, container: string, query: URLSearchParams): Promise<string> {
    const { signal } = new AbortController();
    const containerId = await this.#runningContainer(pod, container, signal);
    const cmd = (query.get('cmd') ?? '').split(' ');
    const answer = await this.#deps.runtime.execSync({ containerId, cmd, timeoutSeconds: 0 });
    if (answer.exitCode !== 0)
      throw new Refusal(500, `command '${cmd.join(' ')}' exited with ${answer.exitCode}: ${answer.stderr}`);
    return Buffer.concat([answer.stdout, answer.stderr]).toString();
  }

  /** The URL at the runtime's streaming server for what the request asks. */
  async #stream(request: IncomingMessage): Promise<string> {
    await this.#authorize(request);
    const { runtime, settings } = this.#deps;
    const { signal } = new AbortController();
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const refusal = routeRefusal(request.method ?? 'GET', parts, settings);
    if (refusal) throw refusal;
    const [first = '', namespace = '', name = '', ...rest] = parts;
    const query = url.searchParams;
    if (first === 'portForward') {
      const pod = this.#pod(namespace, name);
      if (rest[0] && rest[0] !== pod.metadata.uid) throw new Refusal(404, 'pod not found');
      const sandbox = usableSandbox(await this.#record(pod, signal));
      if (!sandbox) throw new Refusal(500, `pod not found ("${name}_${namespace}")`);
      const ports = query.getAll('port').flatMap((port) => port.split(',').map(Number));
      return runtime.portForward({ podSandboxId: sandbox.id, ports }, { signal });
    }
    if (first !== 'exec' && first !== 'attach') throw new Refusal(400, 'Upgrade request required');
    const streams = streamsIn(query);
    const pod = this.#pod(namespace, name);
    const [uid, container = ''] = rest.length > 1 ? rest : [undefined, rest[0]];
    const known = uid === undefined || uid === pod.metadata.uid;
    const containerId = await this.#runningContainer(known ? pod : undefined, container, signal);
    return first === 'exec'
      ? runtime.exec({ ...streams, containerId, cmd: query.getAll('command') }, { signal })
      : runtime.attach({ ...streams, containerId }, { signal });
  }

  /** Rejects in the words, and with the status, of upstream's errors without a gRPC code. */
  async #runningContainer(pod: Pod | undefined, container: string, signal: AbortSignal): Promise<string> {
    const [record] = pod ? await this.#containers(pod, container, signal) : [];
    if (record?.state !== 'running') throw new Refusal(500, `container not found (${JSON.stringify(container)})`);
    return record.id;
  }

  #pod(namespace: string, name: string): Pod {
    const pod = this.#podNamed(namespace, name);
    if (!pod) throw new Refusal(404, 'pod does not exist');
    return pod;
  }

  #podNamed(namespace: string, name: string): Pod | undefined {
    return this.#deps.pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  }

  #record(pod: Pod, signal: AbortSignal): ReturnType<typeof readPodRecord> {
    const { uid, name, namespace = 'default' } = pod.metadata;
    return readPodRecord(this.#deps.runtime, { uid, name, namespace }, signal);
  }

  /** The instances of one container, newest first. */
  async #containers(pod: Pod, container: string, signal: AbortSignal): Promise<readonly ContainerRecord[]> {
    const record = await this.#record(pod, signal);
    return record.containers.filter(({ name }) => name === container);
  }
}

/** Containers' statistics by id; without those that are gone meanwhile. */
async function readAll<T>(
  owners: ReadonlyMap<string, Pod>,
  read: (pod: Pod, containerId: string) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T>> {
  const found = await Promise.all(
    [...owners].map(async ([id, pod]) => {
      const one = await read(pod, id);
      return one === undefined ? [] : [[id, one] as const];
    }),
  );
  return new Map(found.flat());
}

/** Upstream takes `true` alone, given once. */
function isBrief(query: URLSearchParams): boolean {
  const given = query.getAll('only_cpu_and_memory');
  return given.length === 1 && given[0] === 'true';
}

const podList = (items: readonly Pod[]) => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });

/** The streams that a client wants to a container (upstream: remotecommand.NewOptions). */
function streamsIn(query: URLSearchParams): Readonly<Record<'tty' | 'stdin' | 'stdout' | 'stderr', boolean>> {
  const on = (key: string): boolean => query.get(key) === '1';
  const tty = on('tty');
  const streams = { tty, stdin: on('input'), stdout: on('output'), stderr: on('error') && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw new Refusal(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return streams;
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof Refusal)
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  send(response, error instanceof Refusal ? error.status : 500, messageOf(error));
}
