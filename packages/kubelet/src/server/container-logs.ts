import type { ServerResponse } from 'node:http';
import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { type ContainerRuntime, isRuntimeNotFound } from '@typernetes/cri';
import { isTrueParameter } from '@typernetes/machinery';
import { containersOf } from '../pod/containers.ts';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { LogOptions } from './log-line.ts';
import { readLog } from './read-log.ts';
import { Refusal } from './refusal.ts';

interface LogDeps {
  /** Reads the lives of the pod's container, newest first. */
  readonly containers: (pod: Pod, signal: AbortSignal) => Promise<readonly ContainerRecord[]>;
  readonly runtime: Pick<ContainerRuntime, 'containerStatus'>;
  readonly clock: Clock;
}

interface AskedLog {
  /** Undefined where there is none of that name. */
  readonly pod: Pod | undefined;
  readonly name: string;
  readonly container: string;
  readonly query: URLSearchParams;
}

/** Sends the log of a container, of its present or its previous life (upstream: Server.getContainerLogs). */
export async function sendLog(
  { pod, name, container, query }: AskedLog,
  response: ServerResponse,
  deps: LogDeps,
): Promise<void> {
  const { clock } = deps;
  const options = logOptions(query, clock.now());
  if (!pod) throw new Refusal(404, `pod "${name}" does not exist`);
  if (!containersOf(pod).some(({ spec }) => spec.name === container))
    throw new Refusal(404, `container "${container}" not found in pod "${name}"`);
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  const { signal } = stop;
  const all = await deps.containers(pod, signal);
  const previous = isTrueParameter(query.get('previous'));
  const ended = statusOf(pod, container)?.lastState?.terminated?.containerID;
  const record = previous ? all.find(({ id }) => ended?.endsWith(`://${id}`)) : all[0];
  if (!record) throw new Refusal(400, noLog(pod, container, previous));
  const running = (): Promise<boolean> => isRunning(record.id, deps.runtime, signal);
  response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  for await (const chunk of readLog(record.logPath, options, { running, clock, signal })) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

/** The container runs on while its runtime is started anew; whoever follows its log waits for that. */
export async function isRunning(id: string, runtime: LogDeps['runtime'], signal: AbortSignal): Promise<boolean> {
  try {
    return (await runtime.containerStatus(id, { signal })).state === 'CONTAINER_RUNNING';
  } catch (error) {
    return !signal.aborted && !isRuntimeNotFound(error);
  }
}

/** Why there is nothing to read (upstream: validateContainerLogStatus). */
export function noLog(pod: Pod, container: string, previous: boolean): string {
  const { name } = pod.metadata;
  const status = statusOf(pod, container);
  const where = `container "${container}" in pod "${name}"`;
  if (!status) return `${where} is not available`;
  const { state = {}, lastState, containerID } = status;
  const last = lastState?.terminated?.containerID;
  const id = previous ? last : state.running ? containerID : state.terminated?.containerID || last;
  if (id) return `unable to retrieve container logs for ${id}`;
  if (previous) return `previous terminated ${where} not found`;
  if (state.terminated || lastState?.terminated) return `${where} is terminated`;
  return `${where} is waiting to start${state.waiting ? `: ${waitingFor(state.waiting.reason ?? '')}` : ' - no logs yet'}`;
}

function waitingFor(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}

const undecodable = (): Refusal => new Refusal(400, '{"message": "Unable to decode query."}');

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw undecodable();
  return Number(text);
}

function timeIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '' || text === 'null') return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) throw undecodable();
  return Date.parse(text);
}

/** The log options of a request; `now` in milliseconds since the epoch. Throws a Refusal in upstream's words. */
export function logOptions(given: URLSearchParams, now: number): LogOptions {
  const query = new URLSearchParams(given);
  // Upstream's name of long ago.
  const tail = query.get('tail') ?? '';
  if (tail === 'all') query.delete('tailLines');
  else if (tail !== '') query.set('tailLines', tail);
  const [seconds, tailLines, limitBytes] = ['sinceSeconds', 'tailLines', 'limitBytes'].map((name) =>
    numberIn(query, name),
  );
  const time = timeIn(query, 'sinceTime');
  const stream = query.get('stream') ?? 'All';
  const wrong =
    (tailLines ?? 0) < 0 ||
    (limitBytes ?? 1) < 1 ||
    (seconds ?? 1) < 1 ||
    (seconds !== undefined && time !== undefined);
  if (wrong) throw new Refusal(422, '{"message": "Invalid request."}');
  if (stream !== 'All')
    throw new Refusal(
      400,
      `unable to return the given log stream: ${JSON.stringify(stream)}. Please enable PodLogsQuerySplitStreams feature gate in kubelet`,
    );
  const since = time ?? (seconds === undefined ? undefined : now - seconds * 1000);
  return {
    follow: isTrueParameter(query.get('follow')),
    timestamps: isTrueParameter(query.get('timestamps')),
    ...(since === undefined ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  return all.find(({ name }) => name === container);
}
