import { readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';
import {
  type Container,
  type ContainerRuntime,
  type ContainerStatus,
  type ContainerUser,
  isRuntimeNotFound,
  type PodSandbox,
} from '@typernetes/cri';
import { containerAnnotations, labels } from '../pod/labels.ts';

export interface SandboxRecord {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  /** From the pod's runtime class at creation; '' is the runtime's default. */
  readonly handler: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  /** Empty for pods in the host's network, and until a stopped sandbox is asked. */
  readonly ips: readonly string[];
}

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly attempt: number;
  readonly hash: string;
  readonly state: 'created' | 'running' | 'exited' | 'unknown';
  readonly createdAt: number;
  /** 0 when it never started. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** The name in the pod's spec. */
  readonly image: string;
  /** With the digest. */
  readonly imageId: string;
  readonly logPath: string;
  /** The user of its process; missing if the runtime does not say. */
  readonly user?: ContainerUser;
}

/** What the runtime knows about one pod; both lists newest first. */
export interface PodRecord {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly sandboxes: readonly SandboxRecord[];
  readonly containers: readonly ContainerRecord[];
}

/** The pod's identity, from the runtime's labels. */
type PodIdentity = Pick<PodRecord, 'uid' | 'name' | 'namespace'>;

export function emptyRecord(identity: PodIdentity): PodRecord {
  return { ...identity, sandboxes: [], containers: [] };
}

/** The newest record of each container. */
export function newestByName(record: PodRecord): ReadonlyMap<string, ContainerRecord> {
  const newest = new Map<string, ContainerRecord>();
  for (const container of record.containers) if (!newest.has(container.name)) newest.set(container.name, container);
  return newest;
}

/** Asks the runtime for everything about one pod. */
export async function readPodRecord(
  runtime: ContainerRuntime,
  identity: PodIdentity,
  signal: AbortSignal,
): Promise<PodRecord> {
  const filter = { labels: { [labels.podUid]: identity.uid } };
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes(filter, { signal }),
    runtime.listContainers(filter, { signal }),
  ]);
  const [sandboxRecords, containerRecords] = await Promise.all([
    Promise.all(sandboxes.map((sandbox) => readSandbox(runtime, sandbox, signal))),
    Promise.all(containers.map((container) => readContainer(runtime, container, signal))),
  ]);
  return {
    ...identity,
    sandboxes: newestFirst(sandboxRecords),
    containers: newestFirst(containerRecords),
  };
}

function newestFirst<T extends { createdAt: number; attempt: number }>(records: readonly (T | undefined)[]): T[] {
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
}

/** Undefined if it was removed meanwhile. */
async function readSandbox(
  runtime: ContainerRuntime,
  sandbox: PodSandbox,
  signal: AbortSignal,
): Promise<SandboxRecord | undefined> {
  const base = {
    id: sandbox.id,
    attempt: sandbox.metadata.attempt,
    ready: sandbox.state === 'SANDBOX_READY',
    handler: sandbox.runtimeHandler,
    createdAt: milliseconds(sandbox.createdAt),
  };
  if (!base.ready) return { ...base, ips: [] };
  try {
    const { network } = await runtime.podSandboxStatus(sandbox.id, { signal });
    const ips = network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
    return { ...base, ips };
  } catch (error) {
    if (isRuntimeNotFound(error)) return undefined;
    throw error;
  }
}

async function readContainer(
  runtime: ContainerRuntime,
  container: Container,
  signal: AbortSignal,
): Promise<ContainerRecord | undefined> {
  try {
    const status = await runtime.containerStatus(container.id, { signal });
    return {
      ...recordOf(container, status),
      message: (await terminationMessage(status)) ?? status.message,
    };
  } catch (error) {
    if (isRuntimeNotFound(error)) return undefined;
    throw error;
  }
}

const states = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const;

function recordOf(container: Container, status: ContainerStatus): ContainerRecord {
  return {
    id: status.id,
    name: status.labels[labels.containerName] ?? status.metadata.name,
    sandboxId: container.podSandboxId,
    attempt: Number(status.annotations[containerAnnotations.restartCount] ?? status.metadata.attempt),
    hash: status.annotations[containerAnnotations.hash] ?? '',
    state: states[status.state],
    createdAt: milliseconds(status.createdAt),
    startedAt: milliseconds(status.startedAt),
    finishedAt: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.image ?? '',
    imageId: status.imageRef,
    logPath: status.logPath,
    ...(status.user?.linux ? { user: status.user.linux } : {}),
  };
}

const maxMessageBytes = 4096;
const maxLogTailBytes = 2048;
const maxLogTailLines = 80;

/**
 * The contents of the termination message file or, if the policy says so and the container failed, the end of its log.
 */
async function terminationMessage(status: ContainerStatus): Promise<string | undefined> {
  if (status.state !== 'CONTAINER_EXITED') return undefined;
  const path = status.annotations[containerAnnotations.terminationMessagePath];
  const mount = status.mounts.find(({ containerPath }) => path !== '' && containerPath === path);
  const written = mount ? (await readIfThere(mount.hostPath))?.subarray(0, maxMessageBytes).toString() : undefined;
  if (written) return written;
  const policy = status.annotations[containerAnnotations.terminationMessagePolicy];
  if (policy !== 'FallbackToLogsOnError' || status.exitCode === 0) return undefined;
  const log = await readIfThere(status.logPath);
  if (!log) return undefined;
  const lines = log.toString().trimEnd().split('\n').slice(-maxLogTailLines);
  const texts = lines.map((line) => line.split(' ').slice(3).join(' '));
  return Buffer.from(texts.join('\n')).subarray(-maxLogTailBytes).toString();
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function milliseconds(nanoseconds: string): number {
  return nanoseconds === '0' ? 0 : Number(BigInt(nanoseconds) / 1_000_000n);
}
