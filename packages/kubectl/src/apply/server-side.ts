import { messageOf } from '@typernetes/base';
import { type ApiObject, collectionPath, isConflict } from '@typernetes/machinery';
import { type ManifestObject, refOf } from '../manifests/read.ts';
import type { Applying } from './applying.ts';
import { lastAppliedAnnotation } from './last-applied.ts';

/** Upstream's advice below the list of conflicting fields. */
const advice = `
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

/** Applies one object by server-side apply. */
export async function applyOnServer(manifest: ManifestObject, applying: Applying): Promise<ApiObject> {
  const { options, session, signal } = applying;
  const { type, object } = manifest;
  const client = session.client.resource(type);
  const apply = (): Promise<ApiObject> =>
    client.patch(refOf(manifest), object, {
      type: 'apply',
      force: options.forceConflicts,
      fieldManager: options.fieldManager,
      fieldValidation: options.fieldValidation,
      dryRun: options.dryRun === 'server',
      ...(options.subresource === '' ? {} : { subresource: options.subresource }),
      signal,
    });
  try {
    const applied = await apply();
    if (options.subresource !== '' || !(await keepAnnotation(applied, manifest, applying))) return applied;
    if (options.dryRun !== 'none') return applied;
    const migrated = await migrate(applied, manifest, applying);
    // Fields that only the old manager owned are removed now, and do not become the new manager's.
    return migrated ? await apply() : applied;
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new Error(`${messageOf(error)}${advice}`);
  }
}

const lastAppliedManager = 'kubectl-last-applied';

type ManagedEntry = NonNullable<ApiObject['metadata']['managedFields']>[number];

function hasAnnotation({ fieldsV1 }: ManagedEntry): boolean {
  const fields = fieldsV1 as { 'f:metadata'?: { 'f:annotations'?: object } } | undefined;
  return Object.hasOwn(fields?.['f:metadata']?.['f:annotations'] ?? {}, `f:${lastAppliedAnnotation}`);
}

/** A manager whose updates wrote the annotation is a client-side apply. */
const isOld = (entry: ManagedEntry): boolean =>
  entry.operation === 'Update' && !entry.subresource && hasAnnotation(entry);

/**
 * Gives the annotation to a manager of its own, so that the client can apply again; of other managers than the usual one the server keeps none. False
 * where the server refuses, which is told; the object is applied all the same.
 */
async function keepAnnotation(object: ApiObject, manifest: ManifestObject, applying: Applying): Promise<boolean> {
  const { options, session, signal } = applying;
  const { annotations, managedFields = [] } = object.metadata;
  const annotation = annotations?.[lastAppliedAnnotation];
  const isKept = managedFields.some((entry) => entry.operation === 'Apply' && hasAnnotation(entry));
  if (annotation === undefined || isKept || options.fieldManager !== 'kubectl') return true;
  const { apiVersion, kind } = object;
  const metadata = { ...refOf(manifest), annotations: { [lastAppliedAnnotation]: annotation } };
  const how = { type: 'apply', fieldManager: lastAppliedManager, dryRun: options.dryRun === 'server', signal } as const;
  try {
    await session.client.resource(manifest.type).patch(refOf(manifest), { apiVersion, kind, metadata }, how);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    session.io.err(
      `Warning: failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply. This is non-fatal and will be retried next time you apply. Error: ${messageOf(error)}\n`,
    );
    return false;
  }
}

/**
 * An object that was applied by the client before: its fields become the new manager's, or they would stay the old one's for ever. False for others.
 */
async function migrate(object: ApiObject, manifest: ManifestObject, applying: Applying): Promise<boolean> {
  const { options, session, signal } = applying;
  const managed = object.metadata.managedFields ?? [];
  if (!managed.some(isOld)) return false;
  const { type } = manifest;
  const client = session.client.resource(type);
  const current = await session.client.json<ApiObject>(
    'GET',
    `${collectionPath(type, manifest.namespace)}/${encodeURIComponent(manifest.name)}`,
    undefined,
    { signal },
  );
  const entries = current.metadata.managedFields ?? [];
  const old = entries.filter(isOld);
  const others = entries.filter((entry) => !isOld(entry));
  const mine = others.findIndex(({ manager, operation }) => manager === options.fieldManager && operation === 'Apply');
  if (mine < 0) return false;
  const united = old.reduce<unknown>((fields, entry) => union(fields, entry.fieldsV1), others[mine]?.fieldsV1);
  const managedFields = others.map((entry, i) => (i === mine ? { ...entry, fieldsV1: united } : entry));
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    { op: 'replace', path: '/metadata/resourceVersion', value: current.metadata.resourceVersion },
  ];
  await client.patch(refOf(manifest), patch, { type: 'json', signal });
  return true;
}

type Fields = Readonly<Record<string, unknown>>;

function union(a: unknown, b: unknown): unknown {
  const [left, right] = [(a ?? {}) as Fields, (b ?? {}) as Fields];
  const all = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return Object.fromEntries(all.map((key) => [key, union(left[key], right[key])]));
}
