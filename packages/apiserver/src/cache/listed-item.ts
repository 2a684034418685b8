import type { ServedResource } from '../registry/served-resource.ts';
import type { CachedObject } from './cached-object.ts';

/**
 * An object as an item of a list: items of built-in kinds carry no kind and apiVersion, custom ones do, as upstream.
 */
export const listedItem = (object: CachedObject, { shape }: Pick<ServedResource, 'shape'>): Buffer =>
  shape ? object.wholeOnce() : object.item;
