import { humanDuration, parseTime } from '@typernetes/machinery';

/** The time since `at` in two units at most; `<unknown>` if it is missing. */
export function age(at: string | undefined, now: number): string {
  return at ? humanDuration(now - parseTime(at)) : '<unknown>';
}

export function labels(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.length > 0 ? keys.map((key) => `${key}=${map?.[key]}`).join(',') : '<none>';
}

interface NamedImage {
  readonly name: string;
  readonly image?: string;
}

export function containerNames(containers: readonly NamedImage[] | undefined): string {
  return (containers ?? []).map((container) => container.name).join(',');
}

export function containerImages(containers: readonly NamedImage[] | undefined): string {
  return (containers ?? []).map((container) => container.image ?? '').join(',');
}

const accessModeAbbreviations: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

export function accessModes(modes: readonly string[] | undefined): string {
  return accessModeAbbreviations
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** `a,b,c + 2 more...` */
export function capped(list: readonly string[], max: number): string {
  const shown = list.slice(0, max).join(',');
  return list.length > max ? `${shown} + ${list.length - max} more...` : shown;
}

interface Ingress {
  readonly ip?: string;
  readonly hostname?: string;
}

/** The addresses of a load balancer, each once. */
export function balancerAddresses(ingress: readonly Ingress[] | undefined): string[] {
  const addresses = (ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort();
}

/** `replicaset.apps`: a kind in a table cell. */
export function kindInCell(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? kind.toLowerCase() : `${kind}.${apiVersion.slice(0, slash)}`.toLowerCase();
}
