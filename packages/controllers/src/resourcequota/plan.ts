import { quotaEvaluatorOf, type Usage, usageUnder } from '@typernetes/api';
import type { ResourceQuota, ResourceQuotaStatus } from '@typernetes/api/core/v1';
import { type ApiObject, formatQuantity, jsonEqual } from '@typernetes/machinery';

/** Resources of which quotas count more than the objects: `requests.cpu` concerns pods. */
const measured = ['pods', 'services', 'persistentvolumeclaims', 'resourceclaims.resource.k8s.io'];
const counted = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

/** The resources (`pods`, `deployments.apps`) whose objects a quota counts. */
export function resourcesOf({ spec }: ResourceQuota): readonly string[] {
  const names = Object.keys(spec?.hard ?? {});
  const spelled = names.filter((name) => name.startsWith('count/')).map((name) => name.slice('count/'.length));
  const candidates = new Set([...measured, ...counted, ...spelled]);
  return [...candidates].filter((resource) => names.some((name) => quotaEvaluatorOf(resource)?.measures(name)));
}

/** The status that the objects make; undefined when it is there already. */
export function quotaStatus(
  quota: ResourceQuota,
  objectsOf: (resource: string) => readonly ApiObject[] | undefined,
  now: number,
): ResourceQuotaStatus | undefined {
  let usage: Usage = {};
  for (const resource of resourcesOf(quota)) {
    const by = quotaEvaluatorOf(resource);
    const objects = objectsOf(resource);
    if (by && objects) usage = { ...usage, ...usageUnder(quota, objects, { by, now }) };
  }
  const hard = quota.spec?.hard ?? {};
  const used = Object.fromEntries(
    Object.keys(hard).flatMap((name) => (usage[name] ? [[name, formatQuantity(usage[name])]] : [])),
  );
  const status = { hard, used };
  return jsonEqual(status, quota.status) ? undefined : status;
}
