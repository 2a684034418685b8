import type { ServedResource } from '../registry/served-resource.ts';

interface GroupResource {
  readonly resource: string;
  readonly group: string;
}

/**
 * The resource of a key in the store; undefined for keys that belong to none. `root` is the prefix of all keys,
 * including the slash.
 */
export function resourceOfKey(
  resources: readonly ServedResource[],
  root: string,
): (key: string) => GroupResource | undefined {
  const places = new Map<string, GroupResource>();
  for (const { type, storage } of resources) {
    const stored = storage?.storedAs?.type ?? type;
    if (storage) places.set(storage.prefix, { resource: stored.plural, group: stored.group });
  }
  return (key) => {
    const path = key.slice(root.length);
    let end = path.lastIndexOf('/');
    for (let parts = 0; parts < 2 && end > 0; parts++) {
      const found = places.get(path.slice(0, end));
      if (found) return found;
      end = path.lastIndexOf('/', end - 1);
    }
    // Custom resources are stored under their group, which has a dot.
    const [group = '', resource = ''] = path.split('/');
    return group.includes('.') && resource !== '' ? { resource, group } : undefined;
  };
}
