import { type Container, type Pod, pods } from '@typernetes/api/core/v1';
import { type ApiObject, formatLabelSelector, type LabelSelector } from '@typernetes/machinery';
import { usageError } from '../commands/result.ts';
import { readObject } from '../commands/selected-objects.ts';
import { inUnstableOrder } from '../commands/unstable-order.ts';
import { refOf } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { byPreference } from './pod-order.ts';

export const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** The flag that says how long to wait for a workload's pods. */
export function podRunningTimeout(ms: number) {
  return {
    type: 'duration',
    help: 'The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running',
    default: ms,
  } as const;
}

/** Throws on an invalid duration. */
export function checkRunningTimeout(command: string, ms: number): void {
  if (ms <= 0) throw usageError(command, '--pod-running-timeout must be higher than zero');
}

/** How long to wait for a workload's first pod. */
export interface Waiting {
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The operation on the pods, for messages. */
  readonly what?: string;
  /** Called once the target is known to exist. */
  readonly named?: () => void;
  /** Whether the target is for logs: then restarted pods come first. */
  readonly forLogs?: boolean;
}

const betweenLooksMs = 500;

/** The pods that `POD`, `TYPE/NAME` mean: the pod itself, or those of a workload or Service, the preferred ones first. */
export async function podsOfTarget(target: string, session: Session, waiting?: Waiting): Promise<Pod[]> {
  const { namespace, client } = session;
  const args = target.includes('/') ? [target] : ['pods', target];
  const [selection] = await parseTargets(args, session.resources);
  const name = selection?.names?.[0] ?? '';
  if (!selection || selection.type.plural === 'pods') {
    const pod = await readObject({ type: pods as unknown as AnyResource, ref: refOf({ name, namespace }) }, session);
    waiting?.named?.();
    return [pod as Pod];
  }
  const object = await client.resource(selection.type).get({ name, namespace });
  waiting?.named?.();
  const labelSelector = selectorOfWorkload(selection.type, { object, what: waiting?.what ?? 'attach to' });
  const end = session.clock.monotonic() + (waiting?.timeoutMs ?? 0);
  for (;;) {
    const { items } = await client.resource(pods).list({ namespace, labelSelector });
    const prefer = byPreference({ restarted: waiting?.forLogs ?? false });
    if (items.length > 0) return inUnstableOrder(items, (a, b) => prefer(a, b) < 0);
    if (!waiting) throw new Error(`no pods found for ${selection.type.plural}/${name}`);
    const left = end - session.clock.monotonic();
    if (left <= 0) throw new Error('timed out waiting for the condition');
    await session.clock.sleep(Math.min(left, betweenLooksMs), waiting.signal);
  }
}

function selectorOfWorkload(type: AnyResource, { object, what }: { object: ApiObject; what: string }): string {
  const { selector } =
    (object as unknown as { spec?: { selector?: LabelSelector | Record<string, string> } }).spec ?? {};
  if (selector === undefined) {
    const reason =
      type.kind === 'Service'
        ? `invalid service '${object.metadata.name}': Service is defined without a selector`
        : `selector for *${type.version}.${type.kind} not implemented`;
    throw new Error(`cannot ${what} *${type.version}.${type.kind}: ${reason}`);
  }
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  return formatLabelSelector(structured ? selector : { matchLabels: selector as Record<string, string> });
}

/** The container: by name, by annotation, or the first. Prints the choice if there are several. */
export function containerOf(
  pod: Pod,
  wanted: string | undefined,
  session: { readonly io: Pick<Session['io'], 'err'> },
): string {
  const all = allContainers(pod);
  if (wanted !== undefined) {
    if (!all.some(({ name }) => name === wanted)) {
      throw new Error(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
    }
    return wanted;
  }
  const annotated = pod.metadata.annotations?.[defaultContainerAnnotation];
  if (annotated !== undefined && all.some(({ name }) => name === annotated)) return annotated;
  const first = pod.spec.containers[0]?.name ?? '';
  if (all.length > 1) {
    session.io.err(`Defaulted container "${first}" out of: ${listedContainers(pod)}\n`);
  }
  return first;
}

/** In their start order. */
export function allContainers(pod: Pod): Pick<Container, 'name'>[] {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  return [...initContainers, ...containers, ...ephemeralContainers];
}

function listedContainers(pod: Pod): string {
  const named = (list: readonly { name: string }[] | undefined, note: string): string[] =>
    (list ?? []).map(({ name }) => `${name}${note}`);
  const { containers, initContainers, ephemeralContainers } = pod.spec;
  return [
    ...named(containers, ''),
    ...named(initContainers, ' (init)'),
    ...named(ephemeralContainers, ' (ephem)'),
  ].join(', ');
}
