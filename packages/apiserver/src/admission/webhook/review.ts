import { randomUUID } from 'node:crypto';
import type { AdmissionResponse, AdmissionReview } from '@typernetes/api/admission/v1';
import {
  type ApiObject,
  apiVersionOf,
  isJsonObject,
  type ResourceType,
  type Status,
  StatusError,
  type StatusReason,
} from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';
import type { EquivalentResources } from './matching.ts';

const group = 'admission.k8s.io';
/** The versions that this server supports, best first. */
const spoken = ['v1', 'v1beta1'];

/** The first version of a hook's list that the server speaks. */
export const reviewVersion = (versions: readonly string[]): string | undefined =>
  versions.find((version) => spoken.includes(version));

/** The review for a hook, in the version of the resource that its rules name. */
export function reviewOf(
  request: AdmissionRequest,
  { type, version, equivalents }: { type: ResourceType<unknown>; version: string; equivalents: EquivalentResources },
): AdmissionReview & { readonly request: { readonly uid: string } } {
  const { resource, subresource, user } = request;
  const kindOf = (of: ResourceType<unknown>) =>
    request.objectType ?? { group: of.group, version: of.version, kind: of.kind };
  const gvr = (of: ResourceType<unknown>) => ({ group: of.group, version: of.version, resource: of.plural });
  const shown = (object: ApiObject | undefined): Record<string, unknown> | null => {
    if (!object) return null;
    const converted = type === resource || request.objectType ? object : equivalents.convert(object, resource, type);
    const kind = kindOf(type);
    return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...converted } as Record<string, unknown>;
  };
  return {
    kind: 'AdmissionReview',
    apiVersion: `${group}/${version}`,
    request: {
      uid: randomUUID(),
      kind: kindOf(type),
      resource: gvr(type),
      ...(subresource ? { subResource: subresource, requestSubResource: subresource } : {}),
      requestKind: kindOf(resource),
      requestResource: gvr(resource),
      ...(request.name ? { name: request.name } : {}),
      ...(request.namespace ? { namespace: request.namespace } : {}),
      operation: request.operation,
      userInfo: {
        username: user.username,
        ...(user.uid ? { uid: user.uid } : {}),
        groups: [...user.groups],
        ...(user.extra ? { extra: user.extra as Record<string, string[]> } : {}),
      },
      object: shown(request.object) as Record<string, unknown>,
      oldObject: shown(request.oldObject) as Record<string, unknown>,
      dryRun: request.dryRun,
      options: Object.keys(request.options).length > 0 ? { ...request.options } : (null as never),
    },
  };
}

/** The hook's response, validated. Throws an Error in upstream's words if it is not a valid response to the review. */
export function verdictOf(
  answer: unknown,
  { uid, version, mutating }: { uid: string; version: string; mutating: boolean },
): AdmissionResponse & { readonly patchOperations?: unknown } {
  const review = (isJsonObject(answer) ? answer : {}) as AdmissionReview;
  const wanted = `${group}/${version}, Kind=AdmissionReview`;
  const given = `${review.apiVersion ?? ''}, Kind=${review.kind ?? ''}`;
  const response = review.response;
  if (!response) throw new Error('webhook response was absent');
  if (version === 'v1') {
    if (given !== wanted) throw new Error(`expected webhook response of ${wanted}, got ${given}`);
    if (response.uid !== uid)
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
    const hasPatch = (response.patch ?? '') !== '';
    if (!mutating && hasPatch) throw new Error('validating webhook may not return response.patch');
    if (!mutating && response.patchType) throw new Error('validating webhook may not return response.patchType');
    if (mutating && hasPatch && !response.patchType)
      throw new Error('webhook returned response.patch but not response.patchType');
    if (mutating && response.patchType && response.patchType !== 'JSONPatch')
      throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(response.patchType)}`);
    if (mutating && !hasPatch && response.patchType)
      throw new Error('webhook returned response.patchType but not response.patch');
  }
  return response;
}

/** A hook's refusal, in upstream's words. */
export function denial(hook: string, result: Partial<Status> | undefined): StatusError {
  const denied = `admission webhook ${JSON.stringify(hook)} denied the request`;
  const why = result?.message || result?.reason;
  const code = Math.max(result?.code ?? 0, 400);
  return new StatusError(
    (result?.reason || 'Unknown') as StatusReason,
    why ? `${denied}: ${why}` : `${denied} without explanation`,
    {
      code,
      ...(result?.details ? { details: result.details } : {}),
    },
  );
}
