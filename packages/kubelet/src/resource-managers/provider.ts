import type { Container, Pod } from '@typernetes/api/core/v1';
import type { Device, Mount } from '@typernetes/cri';
import type { Hint, Hints } from './topology-policy.ts';

/** Why a container cannot have what it asks for. `reason` is the pod's; default: UnexpectedAdmissionError. */
export class AllocationError extends Error {
  override readonly name = 'AllocationError';
  readonly reason: string | undefined;

  constructor(message: string, reason?: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a container gets in addition to its spec. */
export interface ContainerExtras {
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly Device[];
  readonly cdiDevices?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly cpus?: string;
  readonly memoryNodes?: string;
}

/** Assigns one kind of resource, container by container. Calls never overlap. */
export interface ResourceProvider {
  /** Whether the container asks for anything of this kind. */
  concerns(pod: Pod, container: Container): boolean;
  /** Whether it has been given all of that. */
  has(pod: Pod, container: Container): boolean;
  /**
   * From which NUMA nodes each resource is available. A container that already has its share gets hints for exactly
   * that.
   */
  hints(pod: Pod, container: Container): readonly Hints[];
  /**
   * Assigns the container its share, from the nodes in `hint` if possible; an assignment is permanent. Rejects with an
   * AllocationError.
   */
  allocate(pod: Pod, container: Container, hint: Hint): Promise<void>;
  /** Takes everything back from pods that are not among `active`. */
  retain(active: ReadonlySet<string>): Promise<void>;
  extras(pod: Pod, container: Container, signal: AbortSignal): Promise<ContainerExtras>;
}
