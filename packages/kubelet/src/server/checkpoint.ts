import { mkdir } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { containersOf } from '../pod/containers.ts';
import { Refusal } from './refusal.ts';

interface CheckpointRequest {
  readonly pod: Pod;
  readonly container: string;
  /** `timeout`: seconds. */
  readonly query: URLSearchParams;
}

export interface CheckpointDeps {
  readonly runtime: Pick<ContainerRuntime, 'checkpointContainer'>;
  /** The folder for checkpoints. */
  readonly directory: string;
  /** The id of the container to checkpoint; undefined if it does not run. */
  readonly idOf: (pod: Pod, container: string) => Promise<string | undefined>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Has the runtime write down the state of a container; answers with where. Rejects, in upstream's words, with a Refusal (upstream: Server.checkpoint). */
export async function checkpoint(
  { pod, container, query }: CheckpointRequest,
  { runtime, directory, idOf, clock }: CheckpointDeps,
): Promise<{ readonly items: readonly string[] }> {
  const { name, namespace } = pod.metadata;
  if (!containersOf(pod).some(({ spec }) => spec.name === container))
    throw new Refusal(404, `container ${container} does not exist`);
  const timeout = query.getAll('timeout').at(-1);
  if (timeout !== undefined && !/^[+-]?\d+$/.test(timeout))
    throw new Refusal(404, 'cannot parse value of timeout parameter');
  const location = `${directory}/checkpoint-${name}_${namespace}-${container}-${timestamp(clock.now())}.tar`;
  try {
    const containerId = await idOf(pod, container);
    if (containerId === undefined) throw new Error(`container ${container} not found`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await runtime.checkpointContainer({ containerId, location, timeoutSeconds: Number(timeout ?? 0) });
  } catch (error) {
    throw new Refusal(500, `checkpointing of ${namespace}/${name}/${container} failed (${messageOf(error)})`);
  }
  return { items: [location] };
}
