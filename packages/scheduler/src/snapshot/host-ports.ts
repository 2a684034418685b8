import type { Container, Pod } from '@typernetes/api/core/v1';

/** A port of the node itself; 0.0.0.0 stands for any address. */
export interface HostPort {
  readonly hostPort: number;
  readonly hostIP: string;
  readonly protocol: string;
}

const none: readonly HostPort[] = [];

/** The host ports that a pod takes: those of its containers and sidecars. */
export function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const hasPorts = (container: Container): boolean => container.ports !== undefined;
  if (!spec.containers.some(hasPorts) && !spec.initContainers?.some(hasPorts)) return none;
  return [...spec.containers, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')]
    .flatMap((container) => container.ports ?? [])
    .flatMap((port) => {
      const hostPort = port.hostPort || (spec.hostNetwork ? port.containerPort : 0);
      return hostPort ? [{ hostPort, hostIP: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP' }] : [];
    });
}
