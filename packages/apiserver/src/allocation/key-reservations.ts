import type { Store } from '@typernetes/store';

/** Who holds a value. */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
}

export interface Reservation<V> {
  readonly value: V;
  readonly holder: Holder;
  /** Identifies this very reservation: one that was made anew has another. */
  readonly revision: number;
}

/** How the reservations of one kind of value are kept. */
export interface ReservationFormat<V> {
  /** What the keys begin with, the slash included; a value's text follows. */
  readonly root: string;
  textOf(value: V): string;
  /** Undefined for what is not a value's text. */
  valueOf(text: string): V | undefined;
  encode(value: V, holder: Holder): Uint8Array | Promise<Uint8Array>;
  /** Undefined when the object says nothing of a holder: somebody else made it. */
  holderOf(stored: Uint8Array): Holder | undefined;
}

/**
 * Values that one holder has, among all servers of a store: a key each, which exists once. A reservation is made before the
 * object that holds the value is written, and removed after it is gone.
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

  /** Removes this very reservation; nothing happens when it is gone or was changed. */
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
