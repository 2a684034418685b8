/** The users and groups that mean something to the server itself (upstream: authentication/user). */
export const anonymousUser = 'system:anonymous';
export const privilegedGroup = 'system:masters';
export const nodesGroup = 'system:nodes';
const nodeUserPrefix = 'system:node:';
export const unauthenticatedGroup = 'system:unauthenticated';
export const authenticatedGroup = 'system:authenticated';
export const serviceAccountsGroup = 'system:serviceaccounts';
export const bootstrappersGroup = 'system:bootstrappers';

const serviceAccountPrefix = 'system:serviceaccount:';

/** `system:serviceaccount:<namespace>:<name>` */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

/** The parts of a service account's username; undefined for everybody else. */
export function splitServiceAccountUsername(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined;
  const parts = username.slice(serviceAccountPrefix.length).split(':');
  const [namespace, name] = parts;
  return parts.length === 2 && namespace && name ? { namespace, name } : undefined;
}

/** The groups that every service account of a namespace is in. */
export function serviceAccountGroups(namespace: string): string[] {
  return [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`];
}

/** The node whose kubelet this user is; undefined for other users. */
export function nodeNameOf(user: {
  readonly username: string;
  readonly groups: readonly string[];
}): string | undefined {
  if (!user.username.startsWith(nodeUserPrefix) || !user.groups.includes(nodesGroup)) return undefined;
  return user.username.slice(nodeUserPrefix.length) || undefined;
}
