import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { storageversionmigrations } from '@typernetes/api/storagemigration/v1beta1';
import { controller, discoverResources, wakeOn } from '@typernetes/client';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { resourceKey } from './plan.ts';
import { Migrator, migratorName } from './reconciler.ts';

/** As upstream: this many resources concurrently. */
const workers = 5;

export const storageVersionMigrator: ControllerDefinition = {
  name: migratorName,
  serviceAccount: migratorName,
  build({ client, informers, clock, log, observeQueue, settings }) {
    if (!settings.storageVersionMigrator) return undefined;
    const migrations = informers.for(storageversionmigrations);
    const reconciler = new Migrator({
      migrations: migrations.lister,
      client: client.resource(storageversionmigrations),
      definitions: client.resource(customresourcedefinitions),
      objects: client,
      discover: (signal) => discoverResources(client, { signal }),
      clock,
      log,
    });
    return controller({
      reconciler,
      wakes: [wakeOn(migrations, resourceKey)],
      workers,
      clock,
      log,
      observeQueue,
    });
  },
};
