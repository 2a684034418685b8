import type { Pod } from '@typernetes/api/core/v1';

/**
 * The user as whom all containers of a pod run, if they all set the same one; the pod's tokens belong to that user
 * (upstream: FsUserFrom).
 */
export function fsUserOf({ spec }: Pod): number | undefined {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const users = containers.map(({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser);
  const [first] = users;
  return users.every((user) => user === first) ? first : undefined;
}
