import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { timestamp } from '@typernetes/base';
import { markTerminating } from '../../custom-resources/definition/cleanup.ts';
import { formatWarnings } from '../../custom-resources/definition/format-warnings.ts';
import { keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const customResourceDefinitionStrategy: Strategy<CustomResourceDefinition> = {
  prepareForCreate(next) {
    const stored = next.spec.versions.find(({ storage }) => storage);
    const storedVersions = stored ? [stored.name] : [];
    next.status = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions };
  },
  prepareForUpdate(next, current) {
    keepStatus(next, current);
    addStoredVersion(next);
  },
  outlivesDeletion: ({ metadata }) => metadata.deletionTimestamp === undefined,
  markDeleted(next) {
    markTerminating(next, next.metadata.deletionTimestamp ?? timestamp(0));
    // There is no grace period: it ends when its objects are gone.
    delete next.metadata.deletionGracePeriodSeconds;
  },
  warningsOnCreate: formatWarnings,
  warningsOnUpdate: (next) => formatWarnings(next),
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  resetFields: ['status'],
};

/** Objects may be stored in a new version from now on; old versions stay listed until someone migrates the objects. */
function addStoredVersion(next: CustomResourceDefinition): void {
  const storage = next.spec.versions.find((version) => version.storage)?.name;
  const stored = next.status?.storedVersions ?? [];
  if (!storage || stored.includes(storage)) return;
  next.status = {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    ...next.status,
    storedVersions: [...stored, storage],
  };
}
