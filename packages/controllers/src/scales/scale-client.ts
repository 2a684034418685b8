import type { Scale } from '@typernetes/api/autoscaling/v1';
import type { ApiClient } from '@typernetes/client';
import { collectionPath, isNotFound } from '@typernetes/machinery';
import { type KindReference, type ServedKind, servedKind } from './served-kind.ts';

/** A scalable object, as owner references and autoscalers refer to it. */
export interface ScaleTarget extends KindReference {
  readonly namespace: string;
  readonly name: string;
}

export interface ScaleClient {
  /** Throws when the kind is unknown or has no scale; a StatusError when the object is missing. */
  get(target: ScaleTarget): Promise<Scale>;
  update(target: ScaleTarget, scale: Scale): Promise<Scale>;
}

/** Any kind with a scale subresource. Where it is served is looked up once, and again when nothing is found there. */
export function scaleClient(client: Pick<ApiClient, 'json'>): ScaleClient {
  const places = new Map<string, ServedKind>();

  const placeOf = async (key: string, { apiVersion, kind }: ScaleTarget): Promise<ServedKind> => {
    const known = places.get(key);
    if (known) return known;
    const place = await servedKind(client, { apiVersion, kind });
    if (!place.hasScale)
      throw new Error(`kind "${kind}" in version "${apiVersion}" does not implement the scale subresource`);
    places.set(key, place);
    return place;
  };

  const ask = async (method: 'GET' | 'PUT', target: ScaleTarget, scale?: Scale): Promise<Scale> => {
    const key = `${target.apiVersion} ${target.kind}`;
    const place = await placeOf(key, target);
    const type = { ...place, singular: '', kind: target.kind, listKind: '' };
    const path = `${collectionPath(type, target.namespace)}/${encodeURIComponent(target.name)}/scale`;
    try {
      return await client.json<Scale>(method, path, scale);
    } catch (error) {
      // The object may be missing, or the version that had it.
      if (isNotFound(error)) places.delete(key);
      throw error;
    }
  };

  return {
    get: (target) => ask('GET', target),
    update: (target, scale) => ask('PUT', target, scale),
  };
}
