/** `ConfigMap`, `Deployment.apps`: a kind whatever its version. */
export const groupKind = ({ kind, group }: { readonly kind: string; readonly group: string }): string =>
  group === '' ? kind : `${kind}.${group}`;
