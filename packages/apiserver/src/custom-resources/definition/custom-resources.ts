import { type CustomResourceDefinition, customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { type Clock, isAbort, type Logger, type Runnable, timestamp } from '@typernetes/base';
import type { ApiClient, Informers, QueueTimes } from '@typernetes/client';
import { ifFound, isConditionTrue, isConflict, jsonEqual } from '@typernetes/machinery';
import type { ResourceRouter } from '../../handlers/resource-router.ts';
import type { Convert } from '../../registry/custom-versions.ts';
import type { ServedResource } from '../../registry/served-resource.ts';
import { cleanupFinalizer } from './cleanup.ts';

interface CustomResourcesDeps {
  readonly router: ResourceRouter;
  readonly informers: Informers;
  /** Acts as the server itself. */
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Measures the queue of definitions. */
  readonly times?: QueueTimes;
  /** Undefined where a definition converts nothing. */
  readonly convertOf: (definition: CustomResourceDefinition) => Convert | undefined;
  /** Called when the set of served resources has changed. */
  readonly servedChanged?: () => void;
}

interface Offered {
  readonly spec: CustomResourceDefinition['spec'];
  readonly names: unknown;
  readonly terminating: boolean;
  readonly since: number;
  readonly served: readonly ServedResource[];
}

const firstRetryMs = 50;
const maxRetryMs = 5000;

/**
 * Serves the resources of established CustomResourceDefinitions: accepts names, adds and removes resources while the
 * server runs, and deletes all objects of deleted definitions. The code for custom resources is loaded with the first
 * definition, so servers without any pay nothing.
 */
export class CustomResources implements Runnable {
  readonly name = 'custom resources';
  readonly #deps: CustomResourcesDeps;
  readonly #offered = new Map<string, Offered>();
  readonly #due = new Set<string>();
  #wake = (): void => {};

  constructor(deps: CustomResourcesDeps) {
    this.#deps = deps;
  }

  /** The definitions that are served, newest state. */
  get definitions(): readonly CustomResourceDefinition[] {
    return this.#lister.list().filter(({ metadata }) => this.#offered.has(metadata.name));
  }

  get #lister() {
    return this.#deps.informers.for(customresourcedefinitions).lister;
  }

  /** Serves the definitions established before this server started. Call it before the first request. */
  async load(): Promise<void> {
    for (const definition of this.#lister.list()) await this.#offer(definition);
  }

  async run(signal: AbortSignal): Promise<void> {
    const retries = new Map<string, number>();
    const changed = ({ metadata }: CustomResourceDefinition): void => this.#enqueue(metadata.name);
    const unsubscribe = this.#deps.informers
      .for(customresourcedefinitions)
      .onEvent({ added: changed, updated: changed, deleted: changed });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    try {
      while (!signal.aborted) {
        const [name] = this.#due;
        if (name === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
            if (signal.aborted) resolve();
          });
          continue;
        }
        this.#due.delete(name);
        this.#deps.times?.taken(name);
        try {
          await this.#reconcile(name);
          retries.delete(name);
        } catch (error) {
          if (isAbort(error, signal)) return;
          const delay = Math.min((retries.get(name) ?? firstRetryMs / 2) * 2, maxRetryMs);
          retries.set(name, delay);
          if (!isConflict(error) && !(error instanceof NotEmpty)) {
            this.#deps.log.error('Cannot serve custom resource definition', error, { name });
          }
          this.#deps.times?.retried();
          this.#later(name, delay, signal);
        } finally {
          this.#deps.times?.done(name);
        }
      }
    } finally {
      unsubscribe();
    }
  }

  #enqueue(name: string): void {
    this.#due.add(name);
    this.#deps.times?.added(name);
    this.#wake();
  }

  #later(name: string, delay: number, signal: AbortSignal): void {
    const cancel = this.#deps.clock.after(delay, () => {
      signal.removeEventListener('abort', cancel);
      this.#enqueue(name);
    });
    signal.addEventListener('abort', cancel, { once: true });
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#lister.get(name);
    if (!definition) {
      this.#withdraw(name);
      // Names that it had may be free for others now.
      for (const other of this.#lister.list()) if (isNamesConflict(other)) this.#enqueue(other.metadata.name);
      return;
    }
    if (definition.metadata.deletionTimestamp) {
      await this.#offer(definition);
      await this.#empty(definition);
      return;
    }
    const { planStatus } = await import('./names-plan.ts');
    const others = this.#lister
      .list()
      .filter((other) => other.metadata.name !== name && other.spec.group === definition.spec.group);
    const status = planStatus(definition, others, timestamp(this.#deps.clock.now()));
    if (!jsonEqual(status, definition.status)) {
      await this.#definitions.updateStatus({ ...definition, status });
      return;
    }
    await this.#offer(definition);
  }

  get #definitions() {
    return this.#deps.client.resource(customresourcedefinitions);
  }

  /** Serves the versions, replacing those of an earlier state; running watches continue. */
  async #offer(definition: CustomResourceDefinition): Promise<void> {
    const { metadata, spec, status } = definition;
    if (!isConditionTrue(status?.conditions, 'Established')) return;
    const before = this.#offered.get(metadata.name);
    const terminating = metadata.deletionTimestamp !== undefined;
    const names = status?.acceptedNames;
    const sameSpec = before !== undefined && jsonEqual(before.spec, spec);
    if (sameSpec && before.terminating === terminating && jsonEqual(before.names, names)) return;
    const { servedVersions } = await import('../custom-resource.ts');
    const since = sameSpec ? before.since : Number(metadata.resourceVersion ?? 0);
    const served = servedVersions(definition, { since, convert: this.#deps.convertOf(definition) });
    const kept = new Set(served.map(({ type }) => `${type.version}/${type.plural}`));
    for (const old of before?.served ?? []) {
      if (!kept.has(`${old.type.version}/${old.type.plural}`)) this.#deps.router.remove(old);
    }
    for (const one of served) this.#deps.router.add(one);
    this.#offered.set(metadata.name, { spec, names, terminating, since, served });
    this.#deps.servedChanged?.();
  }

  #withdraw(name: string): void {
    for (const served of this.#offered.get(name)?.served ?? []) this.#deps.router.remove(served);
    if (this.#offered.delete(name)) this.#deps.servedChanged?.();
  }

  /** Deletes all objects; once none is left, removes the definition's finalizer. */
  async #empty(definition: CustomResourceDefinition): Promise<void> {
    const { finalizers = [], name } = definition.metadata;
    if (!finalizers.includes(cleanupFinalizer)) return;
    const [served] = this.#offered.get(name)?.served ?? [];
    if (served) await this.#deleteObjects(served);
    const next = structuredClone(definition);
    next.metadata.finalizers = finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
    await ifFound(this.#definitions.update(next));
  }

  async #deleteObjects(served: ServedResource): Promise<void> {
    const { cache } = this.#deps.router.storageOf(served.type);
    if (cache.size === 0) return;
    const api = this.#deps.client.resource(served.type);
    for (const [, cached] of [...cache.range()]) {
      const { name, namespace, deletionTimestamp } = cached.object.metadata;
      if (deletionTimestamp) continue;
      await ifFound(api.delete(namespace ? { namespace, name } : { name }));
    }
    await this.#deps.router.storageOf(served.type).deps.feed.untilCurrent();
    if (cache.size > 0) throw new NotEmpty();
  }
}

/** Objects with finalizers are still there: asked again a little later. */
class NotEmpty extends Error {
  override readonly name = 'NotEmpty';
}

function isNamesConflict({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'NamesAccepted' && state === 'False') ?? false;
}
