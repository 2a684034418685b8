import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Discovery, Group, ResourceList } from './discovery.ts';
import { isUnusable, keepFile } from './kept-file.ts';

/** Upstream's lifetime of cached discovery. */
const lifetimeMs = 6 * 3_600_000;

/** The on-disk cache of a server's discovery. */
export interface DiscoveryCache {
  /** Undefined if the cache is missing, incomplete or expired. */
  read(): Discovery | undefined;
  /** Write errors are ignored: the next command requests discovery again. */
  write(discovery: Discovery): void;
}

/**
 * `~/.kube/cache/discovery/HOST_PORT/…`, in the layout and the JSON that upstream's kubectl keeps there: each reads what the other has kept. `now` is in
 * milliseconds since the epoch.
 */
export function discoveryCache(
  { cacheDir, server }: { cacheDir: string; server: string },
  now: () => number,
): DiscoveryCache {
  const host = server.replace(/^https?:\/\//, '').replace(/[^\w/.)(]/g, '_');
  const folder = join(cacheDir, 'discovery', host);
  const readFresh = <T>(file: string): T | undefined => {
    const path = join(folder, file);
    try {
      if (now() - statSync(path).mtimeMs > lifetimeMs) return undefined;
      return JSON.parse(readFileSync(path, 'utf8')) as T;
    } catch (error) {
      // A file that another process is still writing counts as missing.
      if (error instanceof SyntaxError || isUnusable(error)) return undefined;
      throw error;
    }
  };
  return {
    read() {
      const kept = readFresh<{ groups?: (Group & { readonly versions: Group['versions'] | null })[] }>(
        'servergroups.json',
      );
      if (!kept?.groups) return undefined;
      // Upstream writes null for a group none of whose versions answered.
      const groups = kept.groups.map((group) => ({ ...group, versions: group.versions ?? [] }));
      const lists: ResourceList[] = [];
      for (const { versions } of groups) {
        for (const { groupVersion } of versions) {
          const list = readFresh<ResourceList>(`${groupVersion}/serverresources.json`);
          if (!list?.resources) return undefined;
          lists.push(list);
        }
      }
      return { groups, lists };
    },
    write({ groups, lists }) {
      try {
        for (const list of lists)
          replace(join(folder, list.groupVersion, 'serverresources.json'), {
            kind: 'APIResourceList',
            apiVersion: 'v1',
            ...list,
          });
        replace(join(folder, 'servergroups.json'), { kind: 'APIGroupList', apiVersion: 'v1', groups });
      } catch (error) {
        if (!isUnusable(error)) throw error;
      }
    },
  };
}

function replace(path: string, value: object): void {
  keepFile(path, JSON.stringify(value), { file: 0o660, folder: 0o750 });
}
