import { messageOf } from '@typernetes/base';
import { type ApiObject, collectionPath, isConflict } from '@typernetes/machinery';
import { type ManifestObject, refOf } from '../manifests/read.ts';
import type { Applying } from './applying.ts';
import { lastAppliedAnnotation } from './last-applied.ts';

/** What upstream says below the fields that others have. */
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

/** Applies one object by the server's own apply. */
export async function applyOnServer(manifest: ManifestObject, applying: Applying): Promise<ApiObject> {
  const { options, session, signal } = applying;
  const { type, object } = manifest;
  const client = session.client.resource(type);
  try {
    const applied = await client.patch(refOf(manifest), object, {
      type: 'apply',
      force: options.forceConflicts,
      fieldManager: options.fieldManager,
      fieldValidation: options.fieldValidation,
      dryRun: options.dryRun === 'server',
      ...(options.subresource === '' ? {} : { subresource: options.subresource }),
      signal,
    });
    return options.dryRun === 'none' && options.subresource === ''
      ? await migrated(applied, manifest, applying)
      : applied;
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new Error(`${messageOf(error)}${advice}`);
  }
}

const lastAppliedManager = 'kubectl-last-applied';

type ManagedEntry = NonNullable<ApiObject['metadata']['managedFields']>[number];

/** A manager that has written the annotation by updates is an apply on the client. */
function isOld({ operation, subresource, fieldsV1 }: ManagedEntry): boolean {
  const fields = fieldsV1 as { 'f:metadata'?: { 'f:annotations'?: object } } | undefined;
  const annotations = fields?.['f:metadata']?.['f:annotations'] ?? {};
  return operation === 'Update' && !subresource && Object.hasOwn(annotations, `f:${lastAppliedAnnotation}`);
}

/**
 * An object that was applied by the client before: its fields become the new manager's, or they would stay the old one's for ever; the
 * annotation goes to a manager of its own, so that the client can apply again.
 */
async function migrated(object: ApiObject, manifest: ManifestObject, applying: Applying): Promise<ApiObject> {
  const { options, session, signal } = applying;
  const managed = object.metadata.managedFields ?? [];
  if (!managed.some(isOld)) return object;
  const { type } = manifest;
  const client = session.client.resource(type);
  const annotation = object.metadata.annotations?.[lastAppliedAnnotation];
  if (annotation !== undefined) {
    await client.patch(
      refOf(manifest),
      {
        apiVersion: object.apiVersion,
        kind: object.kind,
        metadata: { ...refOf(manifest), annotations: { [lastAppliedAnnotation]: annotation } },
      },
      { type: 'apply', fieldManager: lastAppliedManager, signal },
    );
  }
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
  if (mine < 0) return current;
  const united = old.reduce<unknown>((fields, entry) => union(fields, entry.fieldsV1), others[mine]?.fieldsV1);
  const managedFields = others.map((entry, i) =>
    i === mine ? { ...entry, fieldsV1: withoutLastApplied(united) } : entry,
  );
  const patch = [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    { op: 'replace', path: '/metadata/resourceVersion', value: current.metadata.resourceVersion },
  ];
  return client.patch(refOf(manifest), patch, { type: 'json', signal });
}

type Fields = Readonly<Record<string, unknown>>;

function union(a: unknown, b: unknown): unknown {
  const [left, right] = [(a ?? {}) as Fields, (b ?? {}) as Fields];
  const all = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return Object.fromEntries(all.map((key) => [key, union(left[key], right[key])]));
}

/** The annotation is another manager's. */
function withoutLastApplied(fields: unknown): unknown {
  const copy = structuredClone(fields) as { 'f:metadata'?: { 'f:annotations'?: Record<string, unknown> } };
  const annotations = copy['f:metadata']?.['f:annotations'];
  if (!annotations) return copy;
  delete annotations[`f:${lastAppliedAnnotation}`];
  if (Object.keys(annotations).every((key) => key === '.')) delete copy['f:metadata']?.['f:annotations'];
  if (Object.keys(copy['f:metadata'] ?? {}).length === 0) delete copy['f:metadata'];
  return copy;
}
