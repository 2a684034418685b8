import type { ServedResource } from '../registry/served-resource.ts';
import type { CachedObject } from './cached-object.ts';

/** An object as its lists hold it: of those of a built-in kind the list says what they are, a custom one says so itself, as upstream has it. */
export const listedItem = (object: CachedObject, { shape }: Pick<ServedResource, 'shape'>): Buffer =>
  shape ? object.wholeOnce() : object.item;
