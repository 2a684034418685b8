/** Tells listeners that the node's conditions or resources have changed. */
export class NodeChange {
  readonly #listeners: (() => void)[] = [];

  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  announce = (): void => {
    for (const listener of this.#listeners) listener();
  };
}
