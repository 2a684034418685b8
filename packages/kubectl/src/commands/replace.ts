import { type ApiObject, collectionPath, isForbidden, isNotFound } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { lastApplied, withLastApplied } from '../apply/last-applied.ts';
import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, type ManifestObject, readManifests, refOf } from '../manifests/read.ts';
import { refuseBesideFiles } from '../resources/argument-problems.ts';
import { printedKind } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { fieldValidation } from './create.ts';
import { type Doomed, untilGone } from './deletion.ts';
import { propagationOf } from './deletion-flags.ts';
import { Failures } from './failures.ts';
import { rawFlag, rawRequest } from './raw-request.ts';
import {
  type DryRun,
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  printResult,
  resultFlags,
  saveConfigFlag,
  validateFlag,
} from './result.ts';

const flagSpecs = {
  ...dryRunFlag,
  ...fieldManagerFlag('kubectl-replace'),
  ...filenameFlags,
  ...rawFlag,
  ...resultFlags,
  ...saveConfigFlag,
  ...validateFlag,
  cascade: {
    type: 'string',
    help: 'With --force: what happens to dependents, "background", "orphan" or "foreground".',
    default: 'background',
    valueWhenBare: 'background',
  },
  force: { type: 'boolean', help: 'Delete the objects and create them again.', default: false },
  'grace-period': { type: 'number', help: 'With --force: seconds that objects have to end.', default: -1 },
  subresource: { type: 'string', help: 'Replace this subresource of the objects.', default: '' },
  timeout: { type: 'duration', help: 'With --force: how long to wait until they are gone; 0: ever.', default: 0 },
  wait: { type: 'boolean', help: 'With --force: wait until they are gone.', default: false },
} as const;

interface Replacing {
  readonly flags: ParsedFlags<typeof flagSpecs>;
  readonly dryRun: DryRun;
  readonly session: Session;
  readonly signal: AbortSignal;
}

export const replaceCommand = defineCommand({
  use: 'replace -f FILENAME',
  short: 'Replace a resource by file name or stdin',
  formatFirst: true,
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    dryRunOf(flags['dry-run']);
    if (!flags.filename) throw new Error('must specify one of -f and -k');
    if (flags.raw !== '') return rawRequest({ method: 'PUT', path: flags.raw, filenames: flags.filename }, session);
    if (flags['grace-period'] >= 0 && !flags.force) throw new Error('--grace-period must have --force specified');
    if (flags.timeout !== 0 && !flags.force) throw new Error('--timeout must have --force specified');
    fieldValidation(flags.validate);
    const replacing = { flags, dryRun: dryRunOf(flags['dry-run']), session, signal };
    if (flags.force && replacing.dryRun !== 'none') throw new Error('--dry-run can not be used when --force is set');
    // Upstream looks at arguments only where it deletes first.
    if (flags.force) refuseBesideFiles(positional, flags.filename);
    const failures = new Failures();
    const validated = !flags.force && fieldValidation(flags.validate) !== 'Ignore';
    const files = { filenames: flags.filename, recursive: flags.recursive, failed: failures.add, validated };
    const manifests = await readManifests(files, session);
    if (flags.force && !(await removeAll(manifests, replacing, failures))) return failures.report(session);
    for (const manifest of manifests) {
      try {
        const object = await replaced(manifest, replacing);
        printResult(session, { type: manifest.type, object }, { verb: 'replaced', dryRun: replacing.dryRun, flags });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** Deletes what there is; resolves to whether nothing is in the way of making it anew. */
async function removeAll(
  manifests: readonly ManifestObject[],
  { flags, session, signal }: Replacing,
  failures: Failures,
): Promise<boolean> {
  const propagationPolicy = propagationOf(flags.cascade);
  const grace = flags['grace-period'];
  const doomed: Doomed[] = [];
  for (const manifest of manifests) {
    const { type, name, namespace } = manifest;
    try {
      const options = { propagationPolicy, ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}), signal };
      const file = { source: manifest.source, what: 'deleting', exceptMissing: true };
      const answer = await inFile(file, () => session.client.resource(type).delete(refOf(manifest), options));
      const uid = 'details' in answer ? answer.details?.uid : (answer as ApiObject).metadata?.uid;
      doomed.push({ type, ref: refOf(manifest), uid });
    } catch (error) {
      if (!isNotFound(error)) failures.add(error);
      continue;
    }
    const kind = printedKind(type);
    const where = type.namespaced ? ` from ${namespace} namespace` : '';
    session.io.out(flags.output === 'name' ? `${kind}/${name}\n` : `${kind} ${JSON.stringify(name)} deleted${where}\n`);
  }
  if (failures.some) return false;
  const timeoutMs = flags.timeout > 0 ? flags.timeout : undefined;
  for (const gone of doomed) await untilGone(gone, { session, signal, timeoutMs });
  return true;
}

async function replaced(manifest: ManifestObject, replacing: Replacing): Promise<ApiObject> {
  const { flags, dryRun, session, signal } = replacing;
  const { type, object: plain, source } = manifest;
  const current =
    flags.force || dryRun === 'client'
      ? undefined
      : await inFile({ source, what: 'replacing' }, () => currentOf(manifest, session));
  // What the file notes stays true.
  const noted = flags['save-config'] || lastApplied(plain) !== undefined;
  const object = noted ? withLastApplied(plain) : plain;
  if (dryRun === 'client') return object;
  const client = session.client.resource(type);
  const options = {
    fieldManager: flags['field-manager'],
    fieldValidation: fieldValidation(flags.validate),
    dryRun: dryRun === 'server',
    signal,
  };
  // Of what is made anew upstream names no file.
  if (flags.force) return client.create(object, options);
  // Without a version of its own the file means "whatever is there now".
  const resourceVersion = object.metadata.resourceVersion ?? current?.metadata.resourceVersion;
  const sent = { ...object, metadata: { ...object.metadata, resourceVersion } } as ApiObject;
  return inFile({ source, what: 'replacing' }, () =>
    flags.subresource === '' ? client.update(sent, options) : replacedPart(sent, manifest, replacing),
  );
}

function replacedPart(
  object: ApiObject,
  { type, name, namespace }: ManifestObject,
  { flags, dryRun, session, signal }: Replacing,
): Promise<ApiObject> {
  const query = new URLSearchParams({
    fieldManager: flags['field-manager'],
    fieldValidation: fieldValidation(flags.validate),
    ...(dryRun === 'server' ? { dryRun: 'All' } : {}),
  });
  const path = `${collectionPath(type, namespace)}/${encodeURIComponent(name)}/${flags.subresource}?${query}`;
  return session.client.json('PUT', path, object, { signal });
}

/** Of what cannot be read the server says why when it is written. */
async function currentOf(manifest: ManifestObject, session: Session): Promise<ApiObject | undefined> {
  try {
    return await session.client.resource(manifest.type).get(refOf(manifest));
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}
