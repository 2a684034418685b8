import type { CustomResourceDefinition } from './v1.gen.ts';

export function defaultCustomResourceDefinition(definition: CustomResourceDefinition): void {
  const { spec } = definition;
  if (!spec) return;
  if (spec.names) {
    spec.names.singular ||= (spec.names.kind ?? '').toLowerCase();
    if (spec.names.kind) spec.names.listKind ||= `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  const stored = spec.versions?.filter((version) => version.storage).map((version) => version.name) ?? [];
  if (stored.length > 0 && !definition.status?.storedVersions?.length) {
    definition.status = { ...definition.status, storedVersions: stored };
  }
}
