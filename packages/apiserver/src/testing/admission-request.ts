import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../admission/admission-plugin.ts';

export interface RequestLiteral {
  readonly operation?: AdmissionOperation;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly user?: { readonly username: string; readonly groups: readonly string[] };
  /** Only the fields that the plugin reads. */
  readonly object?: object;
  readonly oldObject?: object;
  readonly warn?: (message: string) => void;
  readonly annotate?: (key: string, value: string) => void;
}

/** A write by `jane`; by default a CREATE in the namespace `default`. */
export function admissionRequest(resource: ResourceType<unknown>, literal: RequestLiteral): AdmissionRequest {
  const object = literal.object as ApiObject | undefined;
  return {
    operation: literal.operation ?? 'CREATE',
    resource,
    subresource: literal.subresource ?? '',
    name: literal.name ?? object?.metadata?.name ?? '',
    namespace: literal.namespace ?? (resource.namespaced ? 'default' : ''),
    user: literal.user ?? { username: 'jane', groups: ['system:authenticated'] },
    object,
    oldObject: literal.oldObject as ApiObject | undefined,
    options: {},
    dryRun: false,
    warn: literal.warn ?? (() => {}),
    annotate: literal.annotate ?? (() => {}),
    signal: new AbortController().signal,
  };
}

/** Runs one plugin as the chain would: mutation, then validation. Rejects when the plugin refuses. */
export async function runPlugin(plugin: AdmissionPlugin, request: AdmissionRequest): Promise<void> {
  if (plugin.concerns?.(request) === false || plugin.handles?.(request) === false) return;
  await plugin.admit?.(request);
  await plugin.validate?.(request);
}
