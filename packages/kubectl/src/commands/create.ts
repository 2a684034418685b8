import type { ApiObject } from '@typernetes/machinery';
import { withLastApplied } from '../apply/last-applied.ts';
import { defineCommand } from '../command.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, type ManifestObject, readManifests } from '../manifests/read.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { rawFlag, rawRequest } from './raw-request.ts';
import { recorded } from './record.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  printResult,
  recordFlag,
  refuseWrongFormat,
  resultFlags,
  saveConfigFlag,
  usageError,
  validateFlag,
} from './result.ts';
import { selectorFlag } from './selected-objects.ts';

export const createCommand = defineCommand({
  use: 'create -f FILENAME',
  short: 'Create a resource from a file or from stdin',
  flags: {
    ...dryRunFlag,
    edit: { type: 'boolean', help: 'Edit the objects of the files before they are created.', default: false },
    ...fieldManagerFlag('kubectl-create'),
    ...filenameFlags,
    ...rawFlag,
    ...recordFlag,
    ...resultFlags,
    ...saveConfigFlag,
    ...selectorFlag,
    ...validateFlag,
    'windows-line-endings': {
      type: 'boolean',
      help: 'Accepted for the sake of scripts: lines end as the platform has it.',
      default: false,
    },
  } as const,
  async run({ flags, positional }, session, signal) {
    if (positional.length > 0) throw usageError('create', `Unexpected args: [${positional.join(' ')}]`);
    if (!flags.filename) throw new Error('must specify one of -f and -k');
    if (flags.raw !== '' && flags.output) throw new Error('--raw and --output are mutually exclusive');
    if (flags.raw !== '') return rawRequest({ method: 'POST', path: flags.raw, filenames: flags.filename }, session);
    const dryRun = dryRunOf(flags['dry-run']);
    fieldValidation(flags.validate);
    refuseWrongFormat(flags);
    if (flags.edit) return createEdited(flags, { session, signal });
    const failures = new Failures();
    for (const { type, object: plain, source, written } of await manifestsOf(flags, session, failures)) {
      const object = recorded(flags['save-config'] ? withLastApplied(plain) : plain, session);
      try {
        const created =
          dryRun === 'client'
            ? shownAs(written, object)
            : await inFile({ source, what: 'creating' }, () =>
                session.client.resource(type).create(object, {
                  fieldManager: flags['field-manager'],
                  fieldValidation: fieldValidation(flags.validate),
                  dryRun: dryRun === 'server',
                  signal,
                }),
              );
        printResult(session, { type, object: created }, { verb: 'created', dryRun, flags });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** What has no metadata, and is given none, is shown without it. */
const shownAs = (written: ApiObject, object: ApiObject): ApiObject =>
  'metadata' in written || Object.keys(object.metadata).length > 0 ? object : written;

interface FileFlags {
  readonly filename: readonly string[] | undefined;
  readonly recursive: boolean;
  readonly selector: string;
  readonly edit?: boolean;
  readonly validate: string;
}

async function manifestsOf(
  { filename = [], recursive, selector, edit, validate }: FileFlags,
  session: Session,
  failures: Failures,
): Promise<ManifestObject[]> {
  const validated = !edit && fieldValidation(validate) !== 'Ignore';
  const files = { filenames: filename, recursive, selector, failed: failures.add, validated };
  const manifests = await readManifests(files, session);
  if (manifests.length === 0 && !failures.some) throw new Error('no objects passed to create');
  return manifests;
}

/** Lets the user edit each object; those that have been changed are created. */
async function createEdited(
  flags: Parameters<typeof printResult>[2]['flags'] & {
    readonly filename: readonly string[] | undefined;
    readonly recursive: boolean;
    readonly 'field-manager': string;
    readonly 'save-config': boolean;
    readonly validate: string;
  },
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<number> {
  const { editObjects } = await import('../editing/edit-objects.ts');
  const failures = new Failures();
  // A selector does not count here.
  for (const manifest of await manifestsOf({ ...flags, selector: '' }, session, failures)) {
    const { type, object, namespace, source } = manifest;
    const options = {
      json: flags.output === 'json',
      of: 'files' as const,
      validate: fieldValidation(flags.validate) !== 'Ignore',
      session,
      signal,
      view: () => object,
      async save(_one: unknown, edited: ApiObject) {
        const created = await session.client
          .resource(type)
          .create(flags['save-config'] ? withLastApplied(edited) : edited, {
            fieldManager: flags['field-manager'],
            fieldValidation: fieldValidation(flags.validate),
            signal,
          });
        printResult(session, { type, object: created }, { verb: 'created', flags: { ...flags, output: undefined } });
      },
    };
    await editObjects([{ type, object, namespace, source }], options).catch(failures.add);
  }
  return failures.report(session);
}

export function fieldValidation(flag: string): 'Strict' | 'Warn' | 'Ignore' {
  if (flag === 'ignore' || flag === 'false') return 'Ignore';
  if (flag === 'warn') return 'Warn';
  if (flag === 'strict' || flag === 'true') return 'Strict';
  throw new Error(
    `invalid - validate option ${JSON.stringify(flag)}; must be one of: strict (or true), warn, ignore (or false)`,
  );
}
