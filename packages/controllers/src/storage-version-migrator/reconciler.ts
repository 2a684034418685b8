import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import type { StorageVersionMigration } from '@typernetes/api/storagemigration/v1beta1';
import { type Clock, type Logger, messageOf, timestamp } from '@typernetes/base';
import type {
  ApiClient,
  DiscoveredResource,
  Discovery,
  Lister,
  Reader,
  Reconciler,
  ResourceClient,
  Result,
  Writer,
} from '@typernetes/client';
import {
  type ApiObject,
  apiVersionOf,
  groupResourceOf,
  ifFound,
  isConflict,
  isNotFound,
  reasonOf,
} from '@typernetes/machinery';
import { conditionsAfter, definitionBegun, definitionEnded, planStep, resourceKey } from './plan.ts';

interface MigratorDeps {
  readonly migrations: Pick<Lister<StorageVersionMigration>, 'list'>;
  readonly client: Pick<Writer<StorageVersionMigration>, 'patch'>;
  readonly definitions: Pick<Reader<CustomResourceDefinition>, 'get'> & Pick<Writer<CustomResourceDefinition>, 'patch'>;
  readonly objects: Pick<ApiClient, 'resource'>;
  readonly discover: (signal: AbortSignal) => Promise<Discovery>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

export const migratorName = 'storage-version-migrator-controller';
const pageSize = 500;

/** Temporary failures: the migration is tried again from the beginning. */
const passing = new Set([
  'TooManyRequests',
  'ServerTimeout',
  'Timeout',
  'ServiceUnavailable',
  'InternalError',
  'Expired',
]);

/** Keys are resources: runs one step of one migration at a time. */
export class Migrator implements Reconciler {
  readonly name = migratorName;
  readonly #deps: MigratorDeps;

  constructor(deps: MigratorDeps) {
    this.#deps = deps;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const step = planStep(this.#deps.migrations.list().filter((migration) => resourceKey(migration) === key));
    if (!step) return {};
    const { migration, what } = step;
    if (what === 'start') {
      await this.#start(migration);
      return {};
    }
    const type = await this.#served(migration, signal);
    if (!type) {
      await this.#end(migration, 'resource does not exist in discovery');
      return {};
    }
    const objects = this.#deps.objects.resource<ApiObject>(type);
    if (what === 'note') {
      const { metadata } = await objects.list({ limit: 1, metadataOnly: true, signal });
      await this.#write(migration, { resourceVersion: metadata?.resourceVersion });
      return {};
    }
    const failure = await migrateAll(type, objects, signal);
    if (failure !== undefined)
      this.#deps.log.warn('Cannot migrate object', { resource: key, error: messageOf(failure) });
    await this.#end(migration, failure === undefined ? undefined : 'migration encountered unhandled error');
    return {};
  }

  async #start(migration: StorageVersionMigration): Promise<void> {
    const { name } = migration.metadata;
    const now = this.#now;
    await this.#updateDefinition(migration, (definition) => definitionBegun(definition, { migration: name, now }));
    await this.#write(migration, { conditions: conditionsAfter(migration, { type: 'Running', now }) });
  }

  async #end(migration: StorageVersionMigration, message?: string): Promise<void> {
    const succeeded = message === undefined;
    const now = this.#now;
    await this.#updateDefinition(migration, (definition) => definitionEnded(definition, { succeeded, now }));
    const type = succeeded ? 'Succeeded' : 'Failed';
    const conditions = conditionsAfter(migration, { type, now, ...(succeeded ? {} : { message }) });
    await this.#write(migration, { conditions });
  }

  /** Updates the status of the resource's definition, if it has one. */
  async #updateDefinition(
    migration: StorageVersionMigration,
    statusOf: (definition: CustomResourceDefinition) => object,
  ): Promise<void> {
    const name = resourceKey(migration);
    const definition = await ifFound(this.#deps.definitions.get({ name }));
    if (!definition) return;
    const { resourceVersion } = definition.metadata;
    const patch = { metadata: { resourceVersion }, status: statusOf(definition) };
    await this.#deps.definitions.patch({ name }, patch, { type: 'merge', subresource: 'status' });
  }

  async #write({ metadata }: StorageVersionMigration, status: object): Promise<void> {
    const { name, resourceVersion } = metadata;
    const patch = { metadata: { resourceVersion }, status };
    await this.#deps.client.patch({ name }, patch, { type: 'merge', subresource: 'status' });
  }

  /** Undefined when no resource of that name is served. */
  async #served(migration: StorageVersionMigration, signal: AbortSignal): Promise<DiscoveredResource | undefined> {
    const { resources, failures } = await this.#deps.discover(signal);
    const key = resourceKey(migration);
    const found = resources.find((type) => groupResourceOf(type) === key);
    const group = migration.spec.resource.group ?? '';
    if (!found && [...failures.keys()].some((name) => name.startsWith(`${group}/`)))
      throw new Error(`Cannot tell whether "${key}" is served: ${[...failures.values()].join('; ')}`);
    return found;
  }

  get #now(): string {
    return timestamp(this.#deps.clock.now());
  }
}

/** Undefined when all objects are migrated. Throws temporary errors. */
async function migrateAll(
  type: DiscoveredResource,
  objects: ResourceClient<ApiObject>,
  signal: AbortSignal,
): Promise<unknown> {
  let next: string | undefined;
  do {
    const page = await objects.list({
      limit: pageSize,
      metadataOnly: true,
      signal,
      ...(next === undefined ? {} : { continue: next }),
    });
    for (const { metadata } of page.items) {
      const { name, namespace, uid, resourceVersion } = metadata;
      // With its uid, an object that is gone or was recreated fails, instead of being created again.
      const identity = { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name, uid, resourceVersion } };
      try {
        await objects.patch({ name, ...(namespace ? { namespace } : {}) }, identity, {
          type: 'apply',
          fieldManager: migratorName,
          signal,
        });
      } catch (error) {
        if (isConflict(error) || isNotFound(error)) continue;
        if (passing.has(reasonOf(error) ?? '') || reasonOf(error) === undefined) throw error;
        return error;
      }
    }
    next = page.metadata?.continue || undefined;
  } while (next !== undefined);
  return undefined;
}
