import { type DeviceClass, deviceclasses } from '@typernetes/api/resource/v1';
import type { Informers, Lister } from '@typernetes/client';

/** Every class stands for an extended resource of this name, whether it names one or not. */
const prefix = 'deviceclass.resource.kubernetes.io/';
const byResource = 'extendedResource';

/** The cluster's classes of devices, and which of them stand for extended resources. */
export class DeviceClasses {
  readonly #classes: Lister<DeviceClass>;

  constructor(informers: Informers) {
    const classes = informers.for<DeviceClass>(deviceclasses);
    classes.addIndex(byResource, extendedResourcesOf);
    this.#classes = classes.lister;
  }

  readonly get = (name: string): DeviceClass | undefined => this.#classes.get(name);

  /** The class that stands for a resource; of several the youngest, of those the first by name. */
  readonly servingResource = (resource: string): DeviceClass | undefined => {
    const named = this.#classes.byIndex(byResource, resource);
    return named.length <= 1 ? named[0] : [...named].sort(byPrecedence)[0];
  };
}

/** The extended resources that the class stands for. */
export function extendedResourcesOf({ metadata: { name }, spec }: DeviceClass): string[] {
  return [...(spec.extendedResourceName ? [spec.extendedResourceName] : []), `${prefix}${name}`];
}

function byPrecedence(a: DeviceClass, b: DeviceClass): number {
  const [created, other] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') || 0);
  return (other ?? 0) - (created ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
