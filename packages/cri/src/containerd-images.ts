import type { CallOptions } from './container-runtime.ts';
import type { GrpcChannel, Method } from './grpc-channel.ts';
import type { FileSystemMount } from './messages.ts';
import { runtimeCodeOf } from './runtime-error.ts';

/** The namespace in which the CRI service keeps its objects. */
const namespace = { 'containerd-namespace': 'k8s.io' };

function method(name: string): Method {
  return {
    path: `/containerd.services.snapshots.v1.Snapshots/${name}`,
    request: `snapshots.${name}Request`,
    response: `snapshots.${name}Response`,
  };
}

/**
 * Read-only views of images from containerd's snapshot service, for releases whose CRI service does not mount images
 * (before 2.1). Until it is removed, a view survives restarts of containerd and the removal of the image.
 */
export class ContainerdImages {
  readonly #channel: GrpcChannel;
  readonly #snapshotter: string;

  constructor(channel: GrpcChannel, snapshotter: string) {
    this.#channel = channel;
    this.#snapshotter = snapshotter;
  }

  /** The mounts that show the layers up to `parent`. Idempotent. */
  async view(key: string, parent: string, { signal }: CallOptions): Promise<readonly FileSystemMount[]> {
    const options = { headers: namespace, ...(signal ? { signal } : {}) };
    const snapshotter = this.#snapshotter;
    try {
      // Without the label, containerd's garbage collection would remove the view, because nothing refers to it.
      const request = { snapshotter, key, parent, labels: { 'containerd.io/gc.root': key } };
      return (await this.#channel.unary<{ mounts: FileSystemMount[] }>(method('View'), request, options)).mounts;
    } catch (error) {
      if (runtimeCodeOf(error) !== 'AlreadyExists') throw error;
    }
    return (await this.#channel.unary<{ mounts: FileSystemMount[] }>(method('Mounts'), { snapshotter, key }, options))
      .mounts;
  }

  /** Idempotent. */
  async remove(key: string, { signal }: CallOptions): Promise<void> {
    try {
      await this.#channel.unary(
        method('Remove'),
        { snapshotter: this.#snapshotter, key },
        {
          headers: namespace,
          ...(signal ? { signal } : {}),
        },
      );
    } catch (error) {
      if (runtimeCodeOf(error) !== 'NotFound') throw error;
    }
  }
}

/**
 * Whether the CRI service of this runtime ignores images in mounts although containerd itself can provide their files.
 */
export function lacksImageMounts({
  runtimeName,
  runtimeVersion,
}: {
  runtimeName: string;
  runtimeVersion: string;
}): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(runtimeVersion) ?? [];
  return runtimeName === 'containerd' && major !== undefined && Number(major) + Number(minor) / 1000 < 2.001;
}
