import { isPodTerminal } from '@typernetes/api';
import type { DaemonSet } from '@typernetes/api/apps/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { nodeOf } from './placement.ts';

export const revisionLabel = 'controller-revision-hash';

export interface DaemonView {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** The hash of the current template. */
  readonly hash: string;
  readonly now: number;
  /** Whether failed pods of the node stay as they are for now. */
  readonly isHeldBack?: (node: string) => boolean;
}

/** Ended pods that are being deleted only wait for somebody's finalizer: they do not count. */
export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const map = new Map<string, Pod[]>();
  for (const pod of pods.filter((one) => !(isLeaving(one) && isPodTerminal(one)))) {
    const node = nodeOf(pod.spec);
    if (node) map.set(node, [...(map.get(node) ?? []), pod]);
  }
  return map;
}

export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** Sorts those with a node first, then the older ones. */
export const isOlder = (a: Pod, b: Pod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
  (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1);
