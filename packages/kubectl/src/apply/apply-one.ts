import { messagesOf } from '@typernetes/base';
import type { ResourceClient } from '@typernetes/client';
import { type ApiObject, isConflict, isInvalid, isNotFound } from '@typernetes/machinery';
import { untilGone } from '../commands/deletion.ts';
import { recorded } from '../commands/record.ts';
import { described, inFile } from '../manifests/in-file.ts';
import { type ManifestObject, refOf } from '../manifests/read.ts';
import type { Applying } from './applying.ts';
import { lastApplied, lastAppliedAnnotation, sortedKeys, withLastApplied } from './last-applied.ts';
import { type ApplyPatch, applyPatch, PatchError } from './patch.ts';
import { applyOnServer } from './server-side.ts';

export interface Applied {
  readonly object: ApiObject;
  readonly verb: 'created' | 'configured' | 'unchanged' | 'serverside-applied';
}

/** Brings one object of the files to the server. */
export async function applyOne(written: ManifestObject, applying: Applying): Promise<Applied> {
  const { options, session, signal } = applying;
  const manifest = { ...written, object: recorded(written.object, session) };
  const { generateName } = manifest.object.metadata;
  if (generateName && !manifest.name) throw new Error(`from ${generateName}: cannot use generate name with apply`);
  if (options.serverSide) return { object: await applyOnServer(manifest, applying), verb: 'serverside-applied' };
  const { type, source, object } = manifest;
  const client = session.client.resource(type);
  const modified = withLastApplied(object);
  const current = await inFile(
    { source, what: `retrieving current configuration of:\n${infoOf(manifest)}\nfrom server for:` },
    () => orMissing(client, manifest, signal),
  );
  if (!current) {
    if (options.dryRun === 'client') return { object: modified, verb: 'created' };
    const created = await inFile({ source, what: 'creating' }, () => client.create(modified, writeOptions(applying)));
    return { object: created, verb: 'created' };
  }
  if (lastApplied(current) === undefined && options.dryRun !== 'client') {
    session.io.err(
      `Warning: resource ${type.plural}/${current.metadata.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  // A dry run on the client says "configured" of all that is there: only the server knows better.
  if (options.dryRun === 'client') return { object: current, verb: 'configured' };
  const patch = await patchOf(manifest, { modified, current }, applying);
  if (!patch) return { object: current, verb: 'unchanged' };
  return patched(manifest, { modified, current, patch }, applying);
}

async function patchOf(
  manifest: ManifestObject,
  states: { modified: ApiObject; current: ApiObject },
  { options, session }: Applying,
): Promise<ApplyPatch | undefined> {
  try {
    return await applyPatch(manifest.type, states, { ...options, warn: (text) => session.io.err(text) });
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const source = JSON.stringify(manifest.source);
    const what = `error when applying patch:\n\nto:\n${infoOf(manifest)}\nfor: ${source}: error when patching ${source}`;
    throw new Error(`${what}: ${error.message}`);
  }
}

async function patched(
  manifest: ManifestObject,
  states: { modified: ApiObject; current: ApiObject; patch: ApplyPatch },
  applying: Applying,
): Promise<Applied> {
  const { source, type } = manifest;
  const { options, session } = applying;
  const { current, modified, patch } = states;
  const whatOf = (body: object, end = ''): string =>
    `applying patch:\n${JSON.stringify(sortedKeys(body))}${end}\nto:\n${infoOf(manifest)}\nfor:`;
  try {
    const object = await inFile({ source, what: whatOf(patch.body) }, () =>
      inFile({ source, what: 'patching' }, () =>
        session.client
          .resource(type)
          .patch(refOf(manifest), patch.body, { ...writeOptions(applying), type: patch.type }),
      ),
    );
    return { object, verb: 'configured' };
  } catch (error) {
    if (!options.recreate || !(isConflict(error) || isInvalid(error))) throw error;
    const recreate = () => recreated(manifest, { modified, current }, applying);
    return { object: await inFile({ source, what: whatOf(modified, '\n') }, recreate), verb: 'configured' };
  }
}

/** Deletes the object and creates it as the file says, or as it was when that is refused. */
async function recreated(
  manifest: ManifestObject,
  { modified, current }: { modified: ApiObject; current: ApiObject },
  applying: Applying,
): Promise<ApiObject> {
  const { options, session, signal } = applying;
  const client = session.client.resource(manifest.type);
  const ref = refOf(manifest);
  const { propagationPolicy, graceSeconds, timeoutMs } = options;
  await client.delete(ref, {
    propagationPolicy,
    // Force means no waiting for what runs in it, unless a time is given.
    gracePeriodSeconds: Math.max(graceSeconds, 0),
    signal,
  });
  await untilGone({ type: manifest.type, ref, uid: current.metadata.uid }, { session, signal, timeoutMs });
  try {
    return await client.create(modified, writeOptions(applying));
  } catch (error) {
    const { resourceVersion: _old, uid: _other, ...metadata } = current.metadata;
    try {
      await client.create({ ...current, metadata: metadata as ApiObject['metadata'] });
    } catch (again) {
      const [first, second] = [error, again].map(messagesOf);
      throw new Error(
        `An error occurred force-replacing the existing object with the newly provided one:\n\n${first}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${second}`,
      );
    }
    throw error;
  }
}

const writeOptions = ({ options, signal }: Applying) => ({
  fieldManager: options.fieldManager,
  fieldValidation: options.fieldValidation,
  dryRun: options.dryRun === 'server',
  signal,
});

const infoOf = ({ type, name, namespace }: ManifestObject): string =>
  described({ type, name: name ?? '', ...(namespace ? { namespace } : {}) });

async function orMissing(
  client: ResourceClient<ApiObject>,
  manifest: ManifestObject,
  signal: AbortSignal,
): Promise<ApiObject | undefined> {
  try {
    return await client.get(refOf(manifest), { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
