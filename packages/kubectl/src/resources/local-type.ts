import { apiVersionOf } from '@typernetes/machinery';
import type { AnyResource } from './any-resource.ts';
import { builtInResources } from './well-known.ts';

/** The resource that a manifest belongs to, for whoever asks no server: names of kinds that are not built in are guessed (as apimachinery's meta does). */
export function localType(apiVersion: string, kind: string): AnyResource {
  const builtIn = builtInResources.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion);
  if (builtIn) return builtIn;
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const singular = kind.toLowerCase();
  return { group, version, kind, listKind: `${kind}List`, singular, plural: pluralOf(singular), namespaced: true };
}

function pluralOf(singular: string): string {
  if (singular.endsWith('endpoints')) return singular;
  if (singular.endsWith('s')) return `${singular}es`;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
