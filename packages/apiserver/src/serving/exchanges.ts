/** The requests that a server is answering: what a graceful end waits for, and what it ends. */
export class Exchanges {
  #active = 0;
  #ending = false;
  readonly #streams = new Set<() => void>();
  readonly #idle: (() => void)[] = [];

  /** A request arrived; call the result once it is answered or gone. */
  begin(): () => void {
    this.#active++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#active--;
      if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** An answer lasts as long as its client likes: `end` finishes it. Call the result once it is over. */
  streaming(end: () => void): () => void {
    if (this.#ending) end();
    this.#streams.add(end);
    return () => void this.#streams.delete(end);
  }

  /** Whether connections are to be closed after the responses in progress. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Finishes all streams, also those that begin later. */
  endStreams(): void {
    this.#ending = true;
    for (const end of this.#streams) end();
  }

  async untilIdle(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
