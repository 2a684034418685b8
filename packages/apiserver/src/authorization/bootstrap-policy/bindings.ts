import type { Subject } from '@typernetes/api/rbac/v1';
import {
  authenticatedGroup,
  privilegedGroup,
  serviceAccountsGroup,
  unauthenticatedGroup,
} from '../../identity/groups.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

export const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbacGroup, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name });
export const account = (name: string, namespace = 'kube-system'): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace,
});

/** A binding to the cluster role of the same name, unless it names another. */
interface DefaultBinding {
  readonly name: string;
  readonly role?: string;
  readonly subjects: readonly Subject[];
  /** The binding is there only with this feature. */
  readonly gate?: string;
}

/** The default cluster role bindings, those of the controllers aside. */
export const defaultClusterRoleBindings: readonly DefaultBinding[] = [
  { name: 'cluster-admin', subjects: [group(privilegedGroup)] },
  { name: 'system:monitoring', subjects: [group('system:monitoring')] },
  { name: 'system:discovery', subjects: [group(authenticatedGroup)] },
  { name: 'system:basic-user', subjects: [group(authenticatedGroup)] },
  { name: 'system:public-info-viewer', subjects: [group(authenticatedGroup), group(unauthenticatedGroup)] },
  { name: 'system:node-proxier', subjects: [user('system:kube-proxy')] },
  { name: 'system:kube-controller-manager', subjects: [user('system:kube-controller-manager')] },
  { name: 'system:kube-dns', subjects: [account('kube-dns')] },
  { name: 'system:kube-scheduler', subjects: [user('system:kube-scheduler')] },
  { name: 'system:volume-scheduler', subjects: [user('system:kube-scheduler')] },
  // Nodes are the Node authorizer's: the role is there for clusters that bind it to the group of nodes themselves.
  { name: 'system:node', subjects: [] },
  { name: 'system:service-account-issuer-discovery', subjects: [group(serviceAccountsGroup)] },
  {
    name: 'system:cluster-trust-bundle-discovery',
    gate: 'ClusterTrustBundle',
    subjects: [group(serviceAccountsGroup)],
  },
];
