import type { ConfigMap, KeyToPath, Pod, Secret } from '@typernetes/api/core/v1';
import { resourceValue } from '../runtime/environment.ts';
import { fieldValue } from '../runtime/field-ref.ts';
import type { PodFacts } from '../runtime/pod-facts.ts';
import type { Payload, VolumeFile } from './atomic-writer.ts';

export const defaultFileMode = 0o644;

/** The data of a ConfigMap, text and binary, as bytes. */
export function configMapData(configMap: Pick<ConfigMap, 'data' | 'binaryData'>): ReadonlyMap<string, Buffer> {
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(configMap.binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ]);
}

export function secretData(secret: Pick<Secret, 'data'>): ReadonlyMap<string, Buffer> {
  return new Map(Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const));
}

/**
 * All keys as files, or those named by `items`, each under its path. Throws when a named key is missing and not
 * optional.
 */
export function filesOf(
  data: ReadonlyMap<string, Buffer>,
  options: { items?: readonly KeyToPath[]; mode: number; optional: boolean; missing: (key: string) => string },
): Payload {
  if (!options.items?.length)
    return new Map([...data].map(([key, content]) => [key, { content, mode: options.mode }] as const));
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode } of options.items) {
    const content = data.get(key);
    if (content) files.set(path, { content, mode: mode ?? options.mode });
    else if (!options.optional) throw new Error(options.missing(key));
  }
  return files;
}

interface DownwardItem {
  readonly path: string;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string; readonly divisor?: string };
  readonly mode?: number;
}

export function downwardFiles(
  pod: Pod,
  items: readonly DownwardItem[] = [],
  options: { mode: number; facts: PodFacts },
): Payload {
  const files = new Map<string, VolumeFile>();
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const container = pod.spec?.containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const content = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath, options.facts)
      : resourceFieldRef && container
        ? resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, options.facts)
        : '';
    files.set(path, { content, mode: mode ?? options.mode });
  }
  return files;
}
