import type { ServerResponse } from 'node:http';
import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { type ContainerRuntime, isRuntimeNotFound } from '@typernetes/cri';
import { isTrueParameter } from '@typernetes/machinery';
import type { ContainerRecord } from '../runtime/pod-record.ts';
import type { LogOptions } from './log-line.ts';
import { readLog } from './read-log.ts';
import { Refusal } from './refusal.ts';

interface LogDeps {
  /** Reads the container's lives, newest first. */
  readonly containers: (signal: AbortSignal) => Promise<readonly ContainerRecord[]>;
  readonly runtime: Pick<ContainerRuntime, 'containerStatus'>;
  readonly clock: Clock;
}

/** Sends the log of a container, of its present or its previous life. */
export async function sendLog(
  of: { readonly pod: Pod; readonly container: string; readonly query: URLSearchParams },
  response: ServerResponse,
  deps: LogDeps,
): Promise<void> {
  const { pod, container, query } = of;
  const { clock } = deps;
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  const { signal } = stop;
  const all = await deps.containers(signal);
  const previous = isTrueParameter(query.get('previous'));
  const ended = statusOf(pod, container)?.lastState?.terminated?.containerID;
  const record = previous ? all.find(({ id }) => ended?.endsWith(`://${id}`)) : all[0];
  if (!record) throw new Refusal(400, noLog(pod, container, previous));
  const options = logOptions(query, clock.now());
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

function noLog(pod: Pod, container: string, previous: boolean): string {
  const { name } = pod.metadata;
  if (previous) return `previous terminated container "${container}" in pod "${name}" not found`;
  const reason = statusOf(pod, container)?.state?.waiting?.reason;
  if (reason === undefined) return `container "${container}" in pod "${name}" is not available`;
  const failing = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'].includes(reason);
  const why = failing ? `trying and failing to pull image` : reason;
  return `container "${container}" in pod "${name}" is waiting to start: ${why}`;
}

/** The log options of a request; `now` in milliseconds since the epoch. */
export function logOptions(query: URLSearchParams, now: number): LogOptions {
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
