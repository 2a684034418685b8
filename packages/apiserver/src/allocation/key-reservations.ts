import type { Store } from '@typernetes/store';

/** The holder of a value. */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
}

interface Reservation<V> {
  readonly value: V;
  readonly holder: Holder;
  /** Identifies this very reservation: a new one for the same value has another revision. */
  readonly revision: number;
}

/** How the reservations of one kind of value are stored. */
export interface ReservationFormat<V> {
  /** The key prefix, including the slash; the value's text follows. */
  readonly root: string;
  textOf(value: V): string;
  /** Undefined if the text is not a value. */
  valueOf(text: string): V | undefined;
  encode(value: V, holder: Holder): Uint8Array | Promise<Uint8Array>;
  /** Undefined if the object names no holder: somebody else wrote it. */
  holderOf(stored: Uint8Array): Holder | undefined;
}

/**
 * Reserves values across all servers of a store: one key per value, which can exist only once. A reservation is made
 * before the object that holds the value is written, and removed after the object is gone.
 */
export class KeyReservations<V extends string | number> {
  readonly #store: Store;
  readonly #format: ReservationFormat<V>;

  constructor(store: Store, format: ReservationFormat<V>) {
    this.#store = store;
    this.#format = format;
  }

  /** Undefined when somebody has the value. */
  async take(value: V, holder: Holder): Promise<Reservation<V> | undefined> {
    const result = await this.#store.commit({
      key: this.#keyOf(value),
      value: await this.#format.encode(value, holder),
      expectedRevision: 0,
    });
    return result.ok ? { value, holder, revision: result.revision } : undefined;
  }

  /** Removes this very reservation; does nothing if it is gone or was changed. */
  async free({ value, revision }: Reservation<V>): Promise<void> {
    await this.#store.commit({ key: this.#keyOf(value), value: undefined, expectedRevision: revision });
  }

  /** Removes what `holder` has of `value`, if it has it. */
  async freeOf(value: V, holder: Holder): Promise<void> {
    const stored = await this.#store.get(this.#keyOf(value));
    const found = stored && this.#format.holderOf(stored.value);
    if (stored && found?.name === holder.name && found.namespace === holder.namespace)
      await this.free({ value, holder, revision: stored.modRevision });
  }

  async list(): Promise<Reservation<V>[]> {
    const { root, holderOf } = this.#format;
    const { objects } = await this.#store.list(root);
    return objects.flatMap((stored) => {
      const value = this.#format.valueOf(stored.key.slice(root.length));
      const holder = holderOf(stored.value);
      return value === undefined || !holder ? [] : [{ value, holder, revision: stored.modRevision }];
    });
  }

  #keyOf(value: V): string {
    return `${this.#format.root}${this.#format.textOf(value)}`;
  }
}
