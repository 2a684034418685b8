import type { IncomingMessage, ServerResponse } from 'node:http';
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
import type { GroupUsage } from '../runtime/group-usage.ts';
import { usableSandbox } from '../runtime/pod-history.ts';
import { type ContainerRecord, readPodRecord } from '../runtime/pod-record.ts';
import type { Access } from './access.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { checkpoint } from './checkpoint.ts';
import { sendLog } from './container-logs.ts';
import { probeMetrics } from './probe-metrics.ts';
import { sendQueriedLog } from './queried-log.ts';
import { Refusal, send, sendJson } from './refusal.ts';
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

/** Paths that `enableDebuggingHandlers` switches off. */
const debugging: ReadonlySet<string> = new Set([
  'run',
  'exec',
  'attach',
  'portForward',
  'containerLogs',
  'runningpods',
  'logs',
  'checkpoint',
  'configz',
  'debug',
]);

/** Paths of the read-only port. */
const readOnly: ReadonlySet<string> = new Set(['healthz', 'pods', 'stats', 'metrics']);

const paths = [
  ...['/configz', '/containerLogs/', '/debug/flags/v', '/flagz', '/healthz', '/logs/', '/metrics', '/metrics/cadvisor'],
  ...['/metrics/probes', '/metrics/resource', '/metrics/slis', '/pods', '/runningpods/', '/stats/summary', '/statusz'],
];

/** Upstream's names; each passes as long as the process answers, since nothing here depends on a loop. */
const checks = { healthz: ['ping', 'log', 'syncloop'].map((name) => ({ ...ping, name })) };

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
      .then(() => this.#answer(request, response))
      .catch((error: unknown) => fail(response, error));
  };

  #respond(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => fail(response, error));
  }

  /** For `readOnlyPort`: anyone may see what runs and what it uses, and nothing else. */
  readonly handleReadOnly = (request: IncomingMessage, response: ServerResponse): void => {
    const [, first = ''] = (request.url ?? '/').split(/[/?]/);
    if (request.method === 'GET' && readOnly.has(first)) this.#respond(request, response);
    else send(response, 404, '404 page not found\n');
  };

  /** For the server's `upgrade` event: exec, attach and port-forward. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#stream(request).then(
      (url) => tunnel(request, socket, { head, url, idleMs: this.#idleMs }),
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : 500;
        const body = `${messageOf(error)}\n`;
        socket.end(
          `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Refused'}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        );
      },
    );
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pods, settings, clock } = this.#deps;
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [first = '', namespace = '', name = '', ...rest] = parts;
    if (!settings.enableDebuggingHandlers && debugging.has(first)) {
      if (first === 'logs') throw new Refusal(404, '404 page not found');
      throw new Refusal(405, 'Debug endpoints are disabled.');
    }
    switch (first) {
      case 'healthz': {
        const health = await answerHealth(url, this.#health);
        if (!health) throw new Refusal(404, '404 page not found');
        return send(response, health.status, health.body);
      }
      case 'statusz':
      case 'flagz': {
        const page = this.#pageOf(url.pathname, request.headers.accept);
        if (!page) throw new Refusal(404, '404 page not found');
        return send(response, page.status, page.body, page.type);
      }
      case 'debug':
        return this.#debug(request, url, response);
      case 'metrics':
        return send(response, 200, await this.#metrics(namespace), metricsContentType);
      case 'pods':
      case 'runningpods': {
        const items = first === 'pods' ? pods() : pods().filter(({ status }) => status?.phase === 'Running');
        return sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
      }
      case 'stats':
        if (namespace !== 'summary') throw new Refusal(404, '404 page not found');
        return sendJson(response, await this.#summary());
      case 'configz':
        return sendJson(response, { kubeletconfig: shownConfiguration(settings) });
      case 'logs':
        if (!settings.enableSystemLogHandler) throw new Refusal(405, 'logs endpoint is disabled.');
        return settings.enableSystemLogQuery
          ? sendQueriedLog(parts.slice(1).join('/'), url.searchParams, response)
          : sendSystemLog(parts.slice(1).join('/'), response);
      case 'containerLogs': {
        const pod = this.#pod(namespace, name);
        const container = rest[0] ?? '';
        const containers = (signal: AbortSignal) => this.#containers(pod, container, signal);
        const { runtime } = this.#deps;
        return sendLog({ pod, container, query: url.searchParams }, response, { containers, runtime, clock });
      }
      case 'run':
        return send(response, 200, await this.#run(this.#pod(namespace, name), rest.at(-1) ?? '', url.searchParams));
      case 'checkpoint': {
        if (request.method !== 'POST') throw new Refusal(405, '405: Method Not Allowed');
        const { runtime, checkpoints: directory } = this.#deps;
        const pod = this.#deps
          .pods()
          .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
        if (!pod) throw new Refusal(404, 'pod does not exist');
        const idOf = async (of: Pod, container: string): Promise<string | undefined> =>
          (await this.#containers(of, container, AbortSignal.timeout(checkpointLookMs)))[0]?.id;
        const asked = { pod, container: rest[0] ?? '', query: url.searchParams };
        return sendJson(response, await checkpoint(asked, { runtime, directory, idOf, clock }));
      }
      case 'exec':
      case 'attach':
      case 'portForward':
        throw new Refusal(400, 'Upgrade request required');
      default:
        throw new Refusal(404, '404 page not found');
    }
  }

  async #debug(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const { settings, verbosity, clock } = this.#deps;
    const { pathname: path } = url;
    if (isProfilePath(path)) {
      if (!settings.enableProfilingHandler) throw new Refusal(405, 'profiling endpoint is disabled.');
      return sendProfile(url, response, { clock, longestSeconds: longestAnswerSeconds });
    }
    if (path !== '/debug/flags/v') throw new Refusal(404, '404 page not found');
    if (!settings.enableDebugFlagsHandler) throw new Refusal(405, 'flags endpoint is disabled.');
    const { status, text } = changeVerbosity(verbosity, request.method ?? 'GET', await shortBody(request));
    send(response, status, text);
  }

  async #authorize(request: IncomingMessage): Promise<void> {
    const verdict = await this.#deps.access.check(request);
    if (verdict.status !== 200) throw new Refusal(verdict.status, verdict.message.trimEnd());
  }

  async #metrics(which: string): Promise<string> {
    const { metrics, runtime, resources, pods, cpus, clock } = this.#deps;
    if (which === '') return metrics.render() + volumeMetrics(await resources.mounted(pods()));
    if (which === 'slis') return this.#slis.render();
    if (which === 'probes') return probeMetrics(this.#deps.probes());
    if (which !== 'resource' && which !== 'cadvisor') throw new Refusal(404, '404 page not found');
    const [stats, machine, cpu] = await Promise.all([
      runtime.listContainerStats(),
      resources.machine(),
      resources.cpu(),
    ]);
    const sight = { stats, machine, cpu, pods: pods(), cpus, now: clock.now() };
    if (which === 'resource') return resourceMetrics(sight);
    const { cpuCFSQuota, cpuCFSQuotaPeriod } = this.#deps.settings;
    const cfsPeriod = cpuCFSQuota ? (parseDuration(cpuCFSQuotaPeriod) ?? 100) * 1000 : undefined;
    return cadvisorMetrics({ ...sight, groups: await this.#groups(stats, sight.pods), cfsPeriod });
  }

  async #groups(stats: readonly ContainerStats[], pods: readonly Pod[]): Promise<ReadonlyMap<string, GroupUsage>> {
    const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
    const read = await Promise.all(
      stats.map(async ({ attributes: { id, labels: own } }) => {
        const pod = byUid.get(own[labels.podUid] ?? '');
        const usage = pod && (await this.#deps.resources.group(pod, id));
        return usage ? [[id, usage] as const] : [];
      }),
    );
    return new Map(read.flat());
  }

  async #summary(): Promise<object> {
    const { nodeName, runtime, resources, clock } = this.#deps;
    const pods = this.#deps.pods();
    const [stats, machine, cpu, system, usages, mounted] = await Promise.all([
      runtime.listContainerStats(),
      resources.machine(),
      resources.cpu(),
      resources.system(),
      resources.usages(pods),
      resources.mounted(pods),
    ]);
    const groups = await this.#groups(stats, pods);
    return statsSummary({ nodeName, stats, pods, usages, mounted, groups, machine, cpu, system, now: clock.now() });
  }

  /** Runs a command to its end and answers with what it printed. */
  async #run(pod: Pod, container: string, query: URLSearchParams): Promise<string> {
    const { signal } = new AbortController();
    const [record] = await this.#containers(pod, container, signal);
    if (record?.state !== 'running') throw new Refusal(404, `container not found ("${container}")`);
    const cmd = (query.get('cmd') ?? '').split(' ');
    const { exitCode, stdout, stderr } = await this.#deps.runtime.execSync({
      containerId: record.id,
      cmd,
      timeoutSeconds: 0,
    });
    const output = Buffer.concat([stdout, stderr]).toString();
    if (exitCode !== 0) throw new Refusal(500, `command '${cmd.join(' ')}' exited with ${exitCode}: ${output}`);
    return output;
  }

  /** The URL at the runtime's streaming server for what the request asks. */
  async #stream(request: IncomingMessage): Promise<string> {
    await this.#authorize(request);
    const { runtime } = this.#deps;
    const { signal } = new AbortController();
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, first = '', namespace = '', name = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const pod = this.#pod(namespace, name);
    const query = url.searchParams;
    const on = (key: string): boolean => query.get(key) === '1' || query.get(key) === 'true';
    if (first === 'portForward') {
      const record = await this.#record(pod, signal);
      const sandbox = usableSandbox(record);
      if (!sandbox) throw new Refusal(404, `pod not found: "${namespace}/${name}"`);
      const ports = query.getAll('port').flatMap((port) => port.split(',').map(Number));
      return runtime.portForward({ podSandboxId: sandbox.id, ports }, { signal });
    }
    if (first !== 'exec' && first !== 'attach') throw new Refusal(404, '404 page not found');
    const container = rest.at(-1) ?? '';
    const [record] = await this.#containers(pod, container, signal);
    if (record?.state !== 'running') throw new Refusal(404, `container not found ("${container}")`);
    const tty = on('tty');
    const streams = {
      containerId: record.id,
      tty,
      stdin: on('input'),
      stdout: on('output'),
      stderr: on('error') && !tty,
    };
    return first === 'exec'
      ? runtime.exec({ ...streams, cmd: query.getAll('command') }, { signal })
      : runtime.attach(streams, { signal });
  }

  #pod(namespace: string, name: string): Pod {
    const pod = this.#deps.pods().find((p) => p.metadata.namespace === namespace && p.metadata.name === name);
    if (!pod) throw new Refusal(404, `pod "${name}" does not exist`);
    return pod;
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

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else send(response, error instanceof Refusal ? error.status : 500, `${messageOf(error)}\n`);
}
