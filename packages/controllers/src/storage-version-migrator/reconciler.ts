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
  Writer,
} from '@typernetes/client';
import { type ApiObject, apiVersionOf, groupResourceOf, isConflict, isNotFound, reasonOf } from '@typernetes/machinery';
import { definitionBegun, definitionEnded, planStep, resourceKey, withTold } from './plan.ts';

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

/** Answers after which the same request may be good: they are tried again, from the begin. */
const passing = new Set([
  'TooManyRequests',
  'ServerTimeout',
  'Timeout',
  'ServiceUnavailable',
  'InternalError',
  'Expired',
]);

/** Keys are resources: runs one step of one migration at a time. */
export function migrator(deps: MigratorDeps): Reconciler {
  const now = (): string => timestamp(deps.clock.now());
  const write = async (migration: StorageVersionMigration, status: object): Promise<void> => {
    const { name, resourceVersion } = migration.metadata;
    await deps.client.patch(
      { name },
      { metadata: { resourceVersion }, status },
      { type: 'merge', subresource: 'status' },
    );
  };
  /** Updates the status of the resource's definition, if it has one. */
  const tellDefinition = async (
    migration: StorageVersionMigration,
    statusOf: (definition: CustomResourceDefinition) => object,
  ): Promise<void> => {
    const name = resourceKey(migration);
    const definition = await deps.definitions.get({ name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (!definition) return;
    const { resourceVersion } = definition.metadata;
    const patch = { metadata: { resourceVersion }, status: statusOf(definition) };
    await deps.definitions.patch({ name }, patch, { type: 'merge', subresource: 'status' });
  };
  const end = async (migration: StorageVersionMigration, message?: string): Promise<void> => {
    const succeeded = message === undefined;
    await tellDefinition(migration, (definition) => definitionEnded(definition, { succeeded, now: now() }));
    const type = succeeded ? 'Succeeded' : 'Failed';
    await write(migration, {
      conditions: withTold(migration, { type, now: now(), ...(succeeded ? {} : { message }) }),
    });
  };
  /** Undefined when no resource of that name is served. */
  const served = async (migration: StorageVersionMigration, signal: AbortSignal) => {
    const { resources, failures } = await deps.discover(signal);
    const key = resourceKey(migration);
    const found = resources.find((type) => groupResourceOf(type) === key);
    const group = migration.spec.resource.group ?? '';
    if (!found && [...failures.keys()].some((name) => name.startsWith(`${group}/`)))
      throw new Error(`Cannot tell whether "${key}" is served: ${[...failures.values()].join('; ')}`);
    return found;
  };
  return {
    name: migratorName,
    async reconcile(key, signal) {
      const step = planStep(deps.migrations.list().filter((migration) => resourceKey(migration) === key));
      if (!step) return {};
      const { migration, what } = step;
      if (what === 'start') {
        const { name } = migration.metadata;
        await tellDefinition(migration, (definition) => definitionBegun(definition, { migration: name, now: now() }));
        await write(migration, { conditions: withTold(migration, { type: 'Running', now: now() }) });
        return {};
      }
      const type = await served(migration, signal);
      if (!type) {
        await end(migration, 'resource does not exist in discovery');
        return {};
      }
      const objects = deps.objects.resource<ApiObject>(type);
      if (what === 'note') {
        const { metadata } = await objects.list({ limit: 1, metadataOnly: true, signal });
        await write(migration, { resourceVersion: metadata?.resourceVersion });
        return {};
      }
      const failure = await migrateAll(type, objects, signal);
      if (failure !== undefined) deps.log.warn('Cannot migrate object', { resource: key, error: messageOf(failure) });
      await end(migration, failure === undefined ? undefined : 'migration encountered unhandled error');
      return {};
    },
  };
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
