import type { ObjectKey } from '@typernetes/machinery';

/**
 * Where security decisions read one object from: a lister, or a lister that asks the store when it does not know the object
 * (a token may be used a moment after its service account was created).
 */
export interface ObjectSource<T> {
  get(key: ObjectKey): T | undefined | Promise<T | undefined>;
}

/** Goes on with what a source has found: at once, unless it must be waited for. */
export function whenFound<T>(
  found: T | undefined | Promise<T | undefined>,
  goOn: (object: T | undefined) => void,
): void | Promise<void> {
  return found instanceof Promise ? found.then(goOn) : goOn(found);
}
