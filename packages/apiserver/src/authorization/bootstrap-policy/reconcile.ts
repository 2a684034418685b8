import { namespaces } from '@typernetes/api/core/v1';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '@typernetes/api/rbac/v1';
import type { ApiClient, ResourceClient } from '@typernetes/client';
import {
  type ApiObject,
  type Draft,
  ifFound,
  isAlreadyExists,
  isConflict,
  isNotFound,
  keyOf,
} from '@typernetes/machinery';
import { type DefaultPolicy, defaultPolicy } from './default-objects.ts';
import { planBinding, planRole, type Repair } from './plan.ts';

/**
 * Creates the default roles and bindings of a cluster and repairs those that lost something; may run on several servers
 * at once. One list per kind and only the necessary writes: a complete cluster costs four reads.
 */
export async function reconcileDefaultPolicy(
  client: Pick<ApiClient, 'resource'>,
  policy: DefaultPolicy = defaultPolicy(),
): Promise<void> {
  await Promise.all(['kube-system', 'kube-public'].map((name) => ensureNamespace(client, name)));
  // Roles first: bindings to roles that are not there would be refused as escalation by a stricter server.
  await Promise.all([
    reconcileKind(client.resource(clusterroles), policy.clusterRoles, planRole),
    reconcileKind(client.resource(roles), policy.roles, planRole),
  ]);
  await Promise.all([
    reconcileKind(client.resource(clusterrolebindings), policy.clusterRoleBindings, planBinding),
    reconcileKind(client.resource(rolebindings), policy.roleBindings, planBinding),
  ]);
}

type Kind<T extends ApiObject> = Pick<ResourceClient<T>, 'list' | 'get' | 'create' | 'update' | 'delete'>;

async function reconcileKind<T extends ApiObject>(
  kind: Kind<T>,
  wanted: readonly Draft<T>[],
  plan: (current: T, wanted: Draft<T>) => Repair<T>,
): Promise<void> {
  const existing = new Map((await kind.list()).items.map((object) => [keyOf(object), object]));
  await Promise.all(
    wanted.map(async (one) => {
      const { name = '', namespace } = one.metadata;
      const ref = { name, ...(namespace ? { namespace } : {}) };
      const current = existing.get(keyOf({ metadata: ref }));
      await settle(kind, { wanted: one, ref, current }, plan);
    }),
  );
}

async function settle<T extends ApiObject>(
  kind: Kind<T>,
  one: { wanted: Draft<T>; ref: { name: string; namespace?: string }; current: T | undefined },
  plan: (current: T, wanted: Draft<T>) => Repair<T>,
): Promise<void> {
  let { current } = one;
  for (;;) {
    try {
      if (!current) {
        await kind.create(one.wanted);
        return;
      }
      const repair = plan(current, one.wanted);
      if (repair?.action === 'update') await kind.update(repair.object);
      if (repair?.action !== 'replace') return;
      await kind.delete(one.ref);
      current = undefined;
    } catch (error) {
      if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
      // Another server was faster: look at what it made of the object.
      current = await getOrNothing(kind, one.ref);
    }
  }
}

async function getOrNothing<T extends ApiObject>(
  kind: Kind<T>,
  ref: { name: string; namespace?: string },
): Promise<T | undefined> {
  return ifFound(kind.get(ref));
}

async function ensureNamespace(client: Pick<ApiClient, 'resource'>, name: string): Promise<void> {
  const kind = client.resource(namespaces);
  if (await getOrNothing(kind, { name })) return;
  try {
    await kind.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
