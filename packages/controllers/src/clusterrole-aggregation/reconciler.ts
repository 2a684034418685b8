import type { ClusterRole } from '@typernetes/api/rbac/v1';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { jsonEqual } from '@typernetes/machinery';
import { aggregatedRules } from './plan.ts';

interface AggregationDeps {
  readonly roles: Pick<Lister<ClusterRole>, 'get' | 'list'>;
  readonly client: Pick<Writer<ClusterRole>, 'update'>;
}

export function aggregationReconciler({ roles, client }: AggregationDeps): Reconciler {
  return {
    name: 'clusterrole-aggregation-controller',
    async reconcile(key): Promise<Result> {
      const role = roles.get(key);
      const rules = role && aggregatedRules(role, roles.list());
      if (role && rules && !jsonEqual(rules, role.rules ?? [])) await client.update({ ...role, rules });
      return {};
    },
  };
}
