import type { Pod } from '@typernetes/api/core/v1';
import type { Logger } from '@typernetes/base';
import type { NodeAmounts, PodCourse } from '@typernetes/hollow';

export interface ControlPlaneOptions {
  /**
   * Where objects are stored: in memory (the default), or in this SQLite file, from which a later control plane can
   * continue. With `--etcd-servers` among the `apiServerFlags` it is that etcd, which has to answer within 15 seconds.
   */
  readonly storage?: 'memory' | { readonly file: string };
  /** The port on 127.0.0.1; by default any free one. */
  readonly port?: number;
  /**
   * Nodes without containers: their number (`node-1`, `node-2`, ...) or their names. Pods bound to them run and become
   * ready, those of Jobs succeed. None by default: pods stay Pending, as in upstream's envtest.
   */
  readonly nodes?: number | readonly string[];
  /**
   * The capacity of each of these nodes, as quantities, where it differs from the default: 32 processors, 256Gi of
   * memory, 110 pods, 1Ti of storage.
   */
  readonly nodeAmounts?: NodeAmounts;
  /**
   * How a pod fares on these nodes. Where it throws, or returns anything else, the pod says so in its events, waits if it
   * is new, and is tried again after ten seconds.
   */
  readonly podCourse?: (pod: Pod) => PodCourse;
  /** The controllers to run, as `--controllers` names them: `['*']` by default, `[]` for none. */
  readonly controllers?: readonly string[];
  /** Whether pods are scheduled: true by default. */
  readonly scheduler?: boolean;
  /** Further flags of kube-apiserver, as on its command line: `['--runtime-config=api/all=true']`. */
  readonly apiServerFlags?: readonly string[];
  /** Receives the log of all parts; silent by default. */
  readonly log?: Logger;
}
