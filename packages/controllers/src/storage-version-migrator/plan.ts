import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import type { StorageVersionMigration } from '@typernetes/api/storagemigration/v1beta1';
import { type Condition, findCondition, isConditionTrue, withCondition } from '@typernetes/machinery';

/** The next step for a resource: its migrations take turns. */
interface Step {
  readonly migration: StorageVersionMigration;
  readonly what: 'start' | 'note' | 'migrate';
}

/** `secrets`, `crontabs.example.com` */
export function resourceKey({ spec }: StorageVersionMigration): string {
  const { group = '', resource = '' } = spec.resource ?? {};
  return group === '' ? resource : `${resource}.${group}`;
}

function hasEnded({ status }: StorageVersionMigration): boolean {
  return isConditionTrue(status?.conditions, 'Succeeded') || isConditionTrue(status?.conditions, 'Failed');
}

/** Continues the running migration; if there is none, starts the oldest. Undefined when all have ended. */
export function planStep(migrations: readonly StorageVersionMigration[]): Step | undefined {
  const open = migrations.filter((migration) => !hasEnded(migration));
  const running = open.find(({ status }) => isConditionTrue(status?.conditions, 'Running'));
  if (running) return { migration: running, what: running.status?.resourceVersion ? 'migrate' : 'note' };
  const [oldest] = open.sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
  return oldest && { migration: oldest, what: 'start' };
}

const ageKey = ({ metadata }: StorageVersionMigration): string => `${metadata.creationTimestamp} ${metadata.name}`;

const reasons = {
  Running: 'StorageVersionMigrationInProgress',
  Succeeded: 'StorageVersionMigrationSucceeded',
  Failed: 'StorageVersionMigrationFailed',
} as const;

/** The conditions with one set to true; an ended migration is no longer running. */
export function conditionsAfter(
  { status }: StorageVersionMigration,
  outcome: { readonly type: keyof typeof reasons; readonly message?: string; readonly now: string },
): Condition[] {
  const { type, message = '', now } = outcome;
  const condition = (of: keyof typeof reasons, value: 'True' | 'False'): Condition =>
    ({ type: of, status: value, reason: reasons[of], message: of === type ? message : '' }) as Condition;
  const before =
    type !== 'Running' && findCondition(status?.conditions, 'Running')
      ? withCondition(status?.conditions, condition('Running', 'False'), { now })
      : status?.conditions;
  return withCondition(before, condition(type, 'True'), { now });
}

type DefinitionStatus = NonNullable<CustomResourceDefinition['status']>;
type DefinitionCondition = NonNullable<NonNullable<DefinitionStatus['conditions']>[number]>;

const migrating = 'StorageMigrating';

/** The status of a definition whose objects are being migrated. */
export function definitionBegun(
  { metadata, status }: CustomResourceDefinition,
  { migration, now }: { readonly migration: string; readonly now: string },
): Pick<DefinitionStatus, 'conditions'> {
  const condition: DefinitionCondition = {
    type: migrating,
    status: 'True',
    reason: 'MigrationRunning',
    message: `Migration ${migration} is running`,
    observedGeneration: metadata.generation ?? 0,
  };
  return { conditions: conditionsWith(status?.conditions, condition, now) };
}

/**
 * The status after the migration. Stored versions are dropped only if the definition is the one from the start:
 * otherwise new ones may have been added.
 */
export function definitionEnded(
  { metadata, spec, status }: CustomResourceDefinition,
  { succeeded, now }: { readonly succeeded: boolean; readonly now: string },
): Pick<DefinitionStatus, 'conditions' | 'storedVersions'> {
  const generation = metadata.generation ?? 0;
  const begun = status?.conditions?.find(({ type }) => type === migrating);
  const isSame = begun?.observedGeneration === generation;
  const outcome = isSame
    ? ' and the stored versions have been updated'
    : ' but the stored versions have not been updated due to a generation mismatch';
  const condition: DefinitionCondition = {
    type: migrating,
    status: 'False',
    reason: succeeded ? 'MigrationSucceeded' : 'MigrationFailed',
    message: succeeded ? `The migration has succeeded${outcome}` : 'The migration has failed',
    observedGeneration: generation,
  };
  const stored = spec.versions.find(({ storage }) => storage)?.name;
  return {
    conditions: conditionsWith(status?.conditions, condition, now),
    ...(succeeded && isSame && stored !== undefined ? { storedVersions: [stored] } : {}),
  };
}

function conditionsWith(
  conditions: DefinitionStatus['conditions'],
  condition: DefinitionCondition,
  now: string,
): DefinitionCondition[] {
  return withCondition((conditions ?? []) as Condition[], condition as Condition, { now }) as DefinitionCondition[];
}
