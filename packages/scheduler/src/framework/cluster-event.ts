import type { Node, Pod } from '@typernetes/api/core/v1';

/** A change that may make pods schedulable. */
export type ClusterEvent =
  | { readonly type: 'node-added'; readonly node: Node }
  | { readonly type: 'node-updated'; readonly node: Node; readonly old: Node }
  /** A pod that held resources of a node is gone or has shrunk. */
  | { readonly type: 'pod-released'; readonly pod: Pod }
  /** The waiting pod itself changed. */
  | { readonly type: 'pod-updated'; readonly pod: Pod; readonly old: Pod };
