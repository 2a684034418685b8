import { type ApiObject, keyOf, type ObjectKey } from '@typernetes/machinery';
import type { Informer } from './informer.ts';
import { isAtLeast } from './revision.ts';

/**
 * A controller's writes that its informer has not shown yet. A controller that counts objects with generated names must
 * not decide from a lister that lacks its own writes, or it creates them twice. Writes are filed under the key of the
 * object for which they were made.
 */
export class UnseenWrites<T extends ApiObject> {
  readonly #informer: Pick<Informer<T>, 'revision' | 'lister'>;
  readonly #created = new Map<ObjectKey, string>();
  readonly #deleted = new Map<ObjectKey, Map<ObjectKey, string>>();

  constructor(informer: Pick<Informer<T>, 'revision' | 'lister'>) {
    this.#informer = informer;
  }

  /** Takes the server's answer to a create or an update. */
  wrote(owner: ObjectKey, { metadata: { resourceVersion } }: T): void {
    if (isAtLeast(resourceVersion, this.#created.get(owner) ?? '')) this.#created.set(owner, resourceVersion);
  }

  /** Takes the object as it was before its deletion. */
  deleted(owner: ObjectKey, object: T): void {
    const uids = this.#deleted.get(owner) ?? new Map<ObjectKey, string>();
    this.#deleted.set(owner, uids.set(keyOf(object), object.metadata.uid));
  }

  /** Whether the lister still lacks something written for the owner. The event that shows it wakes the owner again. */
  has(owner: ObjectKey): boolean {
    const revision = this.#created.get(owner);
    if (revision !== undefined) {
      if (!isAtLeast(this.#informer.revision, revision)) return true;
      this.#created.delete(owner);
    }
    const deleted = this.#deleted.get(owner);
    for (const [key, uid] of deleted ?? []) {
      const shown = this.#informer.lister.get(key);
      if (shown?.metadata.uid === uid && shown.metadata.deletionTimestamp === undefined) return true;
    }
    this.#deleted.delete(owner);
    return false;
  }

  /** Call it when the owner is gone. */
  forget(owner: ObjectKey): void {
    this.#created.delete(owner);
    this.#deleted.delete(owner);
  }
}
