import { serviceaccounts } from '@typernetes/api/core/v1';
import type { ControlPlane } from 'typernetes';

/** A token for a new service account in `default`, with the rights of the cluster role there. */
export async function userToken({ client }: ControlPlane, name: string, role: string): Promise<string> {
  await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name } });
  const isAdmin = role === 'cluster-admin';
  const bindings = isAdmin ? 'clusterrolebindings' : 'namespaces/default/rolebindings';
  await client.json('POST', `/apis/rbac.authorization.k8s.io/v1/${bindings}`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  });
  const { status } = await client.json<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/default/serviceaccounts/${name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  );
  return status.token;
}
