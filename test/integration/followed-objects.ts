import { systemClock } from '@typernetes/base';
import { linesOf, readBody, type Transport } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';

interface WatchLine {
  readonly type: string;
  readonly object: ApiObject & { code?: number };
}

/**
 * A client's view of a collection that only ever resumes: one initial list, then watches from the last revision seen,
 * across all lost connections. It lists again only after a 410, and counts those.
 */
export class FollowedObjects {
  /** Revisions by name. */
  readonly revisions = new Map<string, string>();
  /** All events since the first list. */
  readonly history: { readonly type: string; readonly name: string; readonly revision: number }[] = [];
  lists = 0;
  resumes = 0;
  /**
   * Events that a correct stream never contains: a change of an unknown object, an addition of a known one, a
   * decreasing revision.
   */
  readonly oddities: string[] = [];
  #revision = '';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get revision(): number {
    return Number(this.#revision);
  }

  async follow(transport: Transport, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#revision === '') await this.#list(transport, signal);
        await this.#watch(transport, signal);
      } catch {
        // The server is down, which is what this test is about.
        await systemClock.sleep(20);
      }
    }
  }

  async #list(transport: Transport, signal: AbortSignal): Promise<void> {
    const response = await transport.request({ method: 'GET', path: this.#path, signal });
    const text = Buffer.from(await readBody(response)).toString();
    if (response.status !== 200) throw new Error(text);
    const list = JSON.parse(text) as { metadata: { resourceVersion: string }; items: ApiObject[] };
    this.revisions.clear();
    for (const { metadata } of list.items) this.revisions.set(metadata.name, metadata.resourceVersion ?? '');
    this.#revision = list.metadata.resourceVersion;
    this.lists++;
  }

  async #watch(transport: Transport, signal: AbortSignal): Promise<void> {
    const path = `${this.#path}?watch=1&resourceVersion=${this.#revision}&allowWatchBookmarks=true`;
    const response = await transport.request({ method: 'GET', path, signal });
    this.resumes++;
    for await (const line of linesOf(response.body)) {
      // The connection may break in the middle of a line.
      if (!line.endsWith('}')) return;
      const { type, object } = JSON.parse(line) as WatchLine;
      if (type === 'ERROR') {
        this.#revision = '';
        if (object.code !== 410) this.oddities.push(line);
        return;
      }
      this.#apply(type, object);
    }
  }

  #apply(type: string, { metadata }: ApiObject): void {
    const { name, resourceVersion = '' } = metadata;
    if (Number(resourceVersion) < this.revision) this.oddities.push(`${resourceVersion} after ${this.#revision}`);
    this.#revision = resourceVersion;
    if (type === 'BOOKMARK') return;
    this.history.push({ type, name, revision: Number(resourceVersion) });
    if ((type === 'ADDED') === this.revisions.has(name)) this.oddities.push(`${type} ${name}`);
    if (type === 'DELETED') this.revisions.delete(name);
    else this.revisions.set(name, resourceVersion);
  }
}
