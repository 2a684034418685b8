import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { EquivalentResources } from '../admission/webhook/matching.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/** Resources that share their stored objects are equivalent: other versions, or events of either group. */
export function equivalentResources(served: () => readonly ServedResource[]): EquivalentResources {
  const find = (type: ResourceType<unknown>): ServedResource | undefined =>
    served().find(
      (one) => one.type.plural === type.plural && one.type.group === type.group && one.type.version === type.version,
    );
  return {
    of: (type) => {
      const prefix = find(type)?.storage?.prefix;
      if (prefix === undefined) return [];
      return served()
        .filter((one) => one.storage?.prefix === prefix && one.type !== type)
        .map((one) => one.type);
    },
    convert: (object, from, to) => {
      const [source, target] = [find(from)?.storage?.storedAs, find(to)?.storage?.storedAs];
      const stored = source ? source.toStored(object) : object;
      const converted: ApiObject = target ? target.fromStored(stored) : structuredClone(stored);
      return { ...converted, kind: to.kind, apiVersion: to.group === '' ? to.version : `${to.group}/${to.version}` };
    },
  };
}
