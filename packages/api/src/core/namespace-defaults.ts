import type { Namespace } from './v1.gen.ts';

/** Lets selectors select a namespace by name; users cannot change it. */
const namespaceNameLabel = 'kubernetes.io/metadata.name';

export function defaultNamespace(namespace: Namespace): void {
  namespace.spec ??= {};
  namespace.status ??= {};
  namespace.status.phase ||= 'Active';
  const { metadata } = namespace;
  if (!metadata.name) return;
  metadata.labels ??= {};
  metadata.labels[namespaceNameLabel] = metadata.name;
}
