import { type Informer, type Wake, wakeOn } from '@typernetes/client';
import {
  type ApiObject,
  controllerOf,
  keyOf,
  type LabelSelector,
  type ResourceType,
  selectorFromObject,
} from '@typernetes/machinery';

/** Wakes the owner of each object; for an orphan, the owners in its namespace that select it. */
export function wakeOwners<O extends ApiObject & { spec: { selector: LabelSelector } }, T extends ApiObject>(
  owned: Informer<T>,
  ownerType: ResourceType<O>,
  owners: Pick<Informer<O>, 'lister'>,
): Wake {
  return wakeOn(owned, (object) => {
    const { namespace = '', labels } = object.metadata;
    const owner = controllerOf(object);
    if (owner) return owner.kind === ownerType.kind ? `${namespace}/${owner.name}` : undefined;
    if (object.metadata.deletionTimestamp !== undefined) return undefined;
    return owners.lister
      .inNamespace(namespace)
      .filter(({ spec }) => selectorFromObject(spec.selector).matches(labels))
      .map(keyOf);
  });
}
