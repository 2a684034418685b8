import type { EnvVarSource } from '@typernetes/api/core/v1';

/** The source of a variable's value: `configmap web, key mode`. */
export function shownReference({ configMapKeyRef, fieldRef, resourceFieldRef, secretKeyRef }: EnvVarSource): string {
  if (configMapKeyRef) return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  if (secretKeyRef) return `secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (!resourceFieldRef) return 'invalid valueFrom';
  const { containerName, resource } = resourceFieldRef;
  return `resource field ${containerName ? `${containerName}.` : ''}${resource}`;
}
