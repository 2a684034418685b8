import { type Clock, type Random, timestamp } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { type ApiObject, groupResourceOf, type ResourceType } from '@typernetes/machinery';
import type { ApiClient, ObjectRef } from '../resource-client.ts';
import type { Transport } from '../transport.ts';
import { FakeResource } from './fake-resource.ts';
import { ScriptedTransport } from './scripted-transport.ts';

/** An answer to `json` calls, by `METHOD /path`. */
type Route = (body: unknown) => unknown;

interface Fault {
  readonly action: string;
  readonly error: Error;
  times: number;
}

/**
 * An API server in memory, as a client sees it: revisions, conflicts, generated names, generations, the status subresource,
 * finalizers, preconditions, selectors, watches. It neither validates nor defaults, and collects no garbage.
 */
export class FakeApi implements ApiClient {
  readonly clock: Clock;
  /** Writes in order: `create pods shop/web`, `update deployments.apps/status shop/web`. */
  readonly writes: string[] = [];
  readonly transport: Transport = new ScriptedTransport(() => ({ status: 404, json: {} }));
  readonly routes = new Map<string, Route>();
  readonly subresources = new Map<string, (ref: ObjectRef, body: unknown) => unknown>();
  readonly #resources = new Map<string, FakeResource<ApiObject>>();
  readonly #faults: Fault[] = [];
  #revision = 100;
  #names = 0;

  constructor(options: { readonly clock?: Clock; readonly random?: Random } = {}) {
    this.clock = options.clock ?? new FakeClock();
  }

  get revision(): number {
    return this.#revision;
  }

  resource<T extends ApiObject>(type: ResourceType<T>): FakeResource<T> {
    const id = `${type.version} ${groupResourceOf(type)}`;
    const existing = this.#resources.get(id);
    if (existing) return existing as unknown as FakeResource<T>;
    const made = new FakeResource<T>(this, type);
    this.#resources.set(id, made as unknown as FakeResource<ApiObject>);
    return made;
  }

  async json<R>(method: string, path: string, body?: unknown): Promise<R> {
    const route = this.routes.get(`${method} ${path}`);
    if (!route) throw new Error(`Cannot answer "${method} ${path}": no route was set`);
    return (await route(body)) as R;
  }

  /** The next `times` requests like `create pods` or `patch pods/status` fail with `error`. */
  fail(action: string, error: Error, times = 1): void {
    this.#faults.push({ action, error, times });
  }

  nextRevision(): number {
    this.#revision++;
    return this.#revision;
  }

  uid(): string {
    return `uid-${++this.#names}`;
  }

  suffix(): string {
    return String(++this.#names).padStart(5, '0');
  }

  timestamp(): string {
    return timestamp(this.clock.now());
  }

  subresource(type: ResourceType<unknown>, ref: ObjectRef, name: string, body: unknown): unknown {
    const answer = this.subresources.get(`${groupResourceOf(type)}/${name}`);
    if (!answer) throw new Error(`Cannot answer "${type.plural}/${name}": no answer was set`);
    return answer(ref, body);
  }

  /** Notes a request, or fails it. */
  act(verb: string, type: ResourceType<unknown>, ref: Partial<ObjectRef>, subresource?: string): void {
    const what = subresource ? `${groupResourceOf(type)}/${subresource}` : groupResourceOf(type);
    const fault = this.#faults.find(({ action, times }) => action === `${verb} ${what}` && times > 0);
    if (fault) {
      fault.times--;
      throw fault.error;
    }
    if (['get', 'list', 'watch'].includes(verb)) return;
    this.writes.push(`${verb} ${what} ${ref.namespace ? `${ref.namespace}/` : ''}${ref.name ?? ''}`);
  }
}
