import type { Pod, PodTemplateSpec } from '@typernetes/api/core/v1';
import {
  type ApiObject,
  controllerReference,
  type Draft,
  type ResourceType,
  subdomainProblems,
} from '@typernetes/machinery';

/** A pod as an owner's template describes it, owned by it, with a name that the server completes. */
export function podFromTemplate<O extends ApiObject>(
  owner: O,
  type: ResourceType<O>,
  template: PodTemplateSpec,
): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name}-`;
  return {
    metadata: {
      generateName: subdomainProblems(prefix.slice(0, -1)).length === 0 ? prefix : owner.metadata.name,
      namespace: owner.metadata.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner, type)],
    },
    spec: template.spec ?? { containers: [] },
  };
}
