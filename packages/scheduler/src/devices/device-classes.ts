import { type DeviceClass, deviceclasses } from '@typernetes/api/resource/v1';
import type { Informers, Lister } from '@typernetes/client';

/** The name of the extended resource that every class has implicitly. */
const prefix = 'deviceclass.resource.kubernetes.io/';
const byResource = 'extendedResource';

/** The cluster's device classes, and those that serve extended resources. */
export class DeviceClasses {
  readonly #classes: Lister<DeviceClass>;

  constructor(informers: Informers) {
    const classes = informers.for<DeviceClass>(deviceclasses);
    classes.addIndex(byResource, extendedResourcesOf);
    this.#classes = classes.lister;
  }

  readonly get = (name: string): DeviceClass | undefined => this.#classes.get(name);

  /** The class that serves a resource; of several the newest, then the first by name. */
  readonly servingResource = (resource: string): DeviceClass | undefined => {
    const named = this.#classes.byIndex(byResource, resource);
    return named.length <= 1 ? named[0] : [...named].sort(byPrecedence)[0];
  };
}

/** The extended resources that the class serves. */
export function extendedResourcesOf({ metadata: { name }, spec }: DeviceClass): string[] {
  return [...(spec.extendedResourceName ? [spec.extendedResourceName] : []), `${prefix}${name}`];
}

function byPrecedence(a: DeviceClass, b: DeviceClass): number {
  const [created, other] = [a, b].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') || 0);
  return (other ?? 0) - (created ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
