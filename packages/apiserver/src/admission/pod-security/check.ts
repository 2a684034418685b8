import type { Container, Pod, PodSpec } from '@typernetes/api/core/v1';
import { goQuote } from '@typernetes/machinery';

/** The levels of the Pod Security Standards; each allows less than the one before. */
export const levels = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof levels)[number];

/** The subject of a check: a pod, or a pod template. */
export interface CheckedPod {
  readonly metadata?: Pick<Pod['metadata'], 'annotations'> | undefined;
  readonly spec: PodSpec;
}

/** A violation of a rule: `privileged`, `container "web" must not set securityContext.privileged=true`. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type Find = (pod: CheckedPod) => Violation | undefined;

/** One rule of a level. */
export interface Check {
  /** Upstream orders checks by these. */
  readonly id: string;
  /** Since which v1.x a form of the check holds, oldest first. */
  readonly versions: readonly (readonly [minor: number, find: Find])[];
  /** The check that this one replaces, from its own first version on. */
  readonly overrides?: string;
}

export const quote = goQuote;
export const quoted = (names: readonly string[]): string => names.map(quote).join(', ');
export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);
export const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** `container "a"`, `containers "a", "b"`. */
export function containers(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${quoted(names)}`;
}

/** The names of the containers for which `isBad` holds, including init and ephemeral ones. */
export function offenders(spec: PodSpec, isBad: (container: Container) => boolean): string[] {
  return allContainers(spec)
    .filter(isBad)
    .map(({ name }) => name);
}

export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...((spec.ephemeralContainers ?? []) as Container[])];
}

/** A violation by containers: `containers "a", "b" must not ...`. */
export function byContainers(reason: string, names: readonly string[], must: string): Violation | undefined {
  return names.length === 0 ? undefined : { reason, detail: `${containers(names)} ${must}` };
}

/** A violation by the pod, its containers or both: `pod and container "a" must not ...`. */
export function byAnyone(
  reason: string,
  { pod, names }: { pod: boolean; names: readonly string[] },
  must: () => string,
): Violation | undefined {
  const who = [...(pod ? ['pod'] : []), ...(names.length > 0 ? [containers(names)] : [])];
  return who.length === 0 ? undefined : { reason, detail: `${who.join(' and ')} ${must()}` };
}

export const isWindows = ({ spec }: CheckedPod): boolean => spec.os?.name === 'windows';

/** In a user namespace, root has no privileges outside. */
export const hasOwnUsers = ({ spec }: CheckedPod): boolean => spec.hostUsers === false;

export const except =
  (isExempt: (pod: CheckedPod) => boolean, find: Find): Find =>
  (pod) =>
    isExempt(pod) ? undefined : find(pod);
