import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { type Metrics, metricsContentType } from '@typernetes/process';
import { usableSandbox } from '../pod-worker/plan.ts';
import { type ContainerRecord, readPodRecord } from '../runtime/pod-record.ts';
import type { Access } from './access.ts';
import type { LogOptions } from './log-line.ts';
import { readLog } from './read-log.ts';
import { statsSummary } from './stats-summary.ts';
import { tunnel } from './stream-tunnel.ts';

export interface KubeletServerDeps {
  readonly runtime: ContainerRuntime;
  readonly access: Access;
  /** All pods of this node, with their present status. */
  readonly pods: () => readonly Pod[];
  readonly nodeName: string;
  readonly metrics: Pick<Metrics, 'render'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An answer other than 200. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the API server and the tools of a cluster ask a node: logs, streams into containers, statistics. */
export class KubeletServer {
  readonly #deps: KubeletServerDeps;

  constructor(deps: KubeletServerDeps) {
    this.#deps = deps;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, error instanceof Refusal ? error.status : 500, `${messageOf(error)}\n`);
    });
  };

  /** For the server's `upgrade` event: exec, attach and port-forward. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#stream(request).then(
      (url) => tunnel(request, socket, head, url),
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
    await this.#authorize(request);
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, first = '', namespace = '', name = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
    switch (first) {
      case 'healthz':
        return send(response, 200, 'ok');
      case 'metrics':
        return send(response, 200, this.#deps.metrics.render(), metricsContentType);
      case 'pods':
      case 'runningpods': {
        const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: this.#deps.pods() };
        return send(response, 200, JSON.stringify(list), 'application/json');
      }
      case 'stats': {
        const summary = await statsSummary(this.#deps);
        return send(response, 200, JSON.stringify(summary), 'application/json');
      }
      case 'containerLogs':
        return this.#logs({ namespace, name, container }, url.searchParams, response);
      case 'exec':
      case 'attach':
      case 'portForward':
        throw new Refusal(400, 'Upgrade request required');
      default:
        throw new Refusal(404, '404 page not found');
    }
  }

  async #authorize(request: IncomingMessage): Promise<void> {
    const verdict = await this.#deps.access.check(request);
    if (verdict.status !== 200) throw new Refusal(verdict.status, verdict.message.trimEnd());
  }

  async #logs(
    of: { namespace: string; name: string; container: string },
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const { clock } = this.#deps;
    const stop = new AbortController();
    response.on('close', () => stop.abort());
    const { signal } = stop;
    const pod = this.#pod(of.namespace, of.name);
    const all = await this.#containers(pod, of.container, signal);
    const previous = query.get('previous') === 'true';
    const ended = statusOf(pod, of.container)?.lastState?.terminated?.containerID;
    const record = previous ? all.find(({ id }) => ended?.endsWith(`://${id}`)) : all[0];
    if (!record) throw new Refusal(400, this.#noLog(pod, of.container, previous));
    const options = logOptions(query, clock.now());
    const running = async (): Promise<boolean> => {
      const [current] = (await this.#containers(pod, of.container, signal)).filter(({ id }) => id === record.id);
      return current?.state === 'running';
    };
    response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    for await (const chunk of readLog(record.logPath, options, { running, clock, signal })) {
      if (!response.write(chunk))
        await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  }

  #noLog(pod: Pod, container: string, previous: boolean): string {
    const { name } = pod.metadata;
    if (previous) return `previous terminated container "${container}" in pod "${name}" not found`;
    const reason = statusOf(pod, container)?.state?.waiting?.reason;
    if (reason === undefined) return `container "${container}" in pod "${name}" is not available`;
    const failing = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'].includes(reason);
    const why = failing ? `trying and failing to pull image` : reason;
    return `container "${container}" in pod "${name}" is waiting to start: ${why}`;
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

  /** The lives of one container, newest first. */
  async #containers(pod: Pod, container: string, signal: AbortSignal): Promise<readonly ContainerRecord[]> {
    const record = await this.#record(pod, signal);
    return record.containers.filter(({ name }) => name === container);
  }
}

function logOptions(query: URLSearchParams, now: number): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null ? undefined : Number(text);
  };
  const [seconds, time, tailLines, limitBytes] = [
    number('sinceSeconds'),
    query.get('sinceTime'),
    number('tailLines'),
    number('limitBytes'),
  ];
  const since = time !== null ? Date.parse(time) : seconds === undefined ? undefined : now - seconds * 1000;
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(since === undefined ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  return all.find(({ name }) => name === container);
}
