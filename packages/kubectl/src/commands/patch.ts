import { messageOf } from '@typernetes/base';
import { type ApiObject, jsonEqual, reasonOf, StatusError } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { asGoSays } from '../error-text.ts';
import { filenameFlags } from '../manifests/read.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { type AnyPatchType, patchedHere } from './patch-here.ts';
import { changeCausePatch } from './record.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, printResult, recordFlag, resultFlags } from './result.ts';
import { inTurn, localFlag, refOfSelected, selectObjects } from './selected-objects.ts';

const patchTypes: readonly AnyPatchType[] = ['json', 'merge', 'strategic'];

export const patchCommand = defineCommand({
  use: 'patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  short: 'Update fields of a resource',
  flags: {
    ...dryRunFlag,
    ...fieldManagerFlag('kubectl-patch'),
    ...filenameFlags,
    ...localFlag,
    ...recordFlag,
    ...resultFlags,
    patch: { type: 'string', short: 'p', help: 'The patch to be applied to the resource JSON file.', default: '' },
    'patch-file': { type: 'string', help: 'A file containing a patch to be applied to the resource.', default: '' },
    subresource: {
      type: 'string',
      help: 'If specified, patch will operate on the subresource of the requested object.',
      default: '',
    },
    type: {
      type: 'string',
      help: 'The type of patch being provided; one of [json merge strategic]',
      default: 'strategic',
    },
  } as const,
  async run({ flags, positional }, session) {
    if ((flags.patch === '') === (flags['patch-file'] === '')) {
      throw new Error(
        flags.patch === ''
          ? 'must specify --patch or --patch-file containing the contents of the patch'
          : 'cannot specify --patch and --patch-file together',
      );
    }
    const onlyFiles = 'cannot specify --local and server resources';
    if (flags.local && positional.length > 0) throw new Error(onlyFiles);
    if (flags.local && flags['dry-run'] === 'server') {
      throw new Error('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
    }
    const type = flags.type.toLowerCase() as AnyPatchType;
    if (!patchTypes.includes(type)) {
      throw new Error(`--type must be one of [${patchTypes.join(' ')}], not ${JSON.stringify(flags.type)}`);
    }
    const dryRun = dryRunOf(flags['dry-run']);
    const isHere = flags.local || dryRun === 'client';
    const text = flags.patch || (await patchFile(flags['patch-file'], session));
    const parsed = parsedPatch(text);
    const patch = typeof parsed === 'string' ? JSON.stringify(parsed) : parsed;
    const broken = parsed instanceof BrokenPatch ? parsed : undefined;
    const failures = new Failures();
    const selection = {
      args: positional,
      flags,
      local: flags.local,
      failed: failures.add,
      onlyFiles,
      apart: true,
      believed: true,
    };
    const selected = await selectObjects(selection, session);
    if (selected.length === 0 && !failures.some) throw new Error('no objects passed to patch');
    for await (const one of inTurn(selected, session)) {
      try {
        const { object } = one;
        if (broken) throw broken.problem(type, isHere);
        let patched = isHere
          ? await patchedHere(one, { type, patch })
          : await session.client
              .resource(one.type)
              .patch(refOfSelected(one), patch, {
                type,
                fieldManager: flags['field-manager'],
                dryRun: dryRun === 'server',
                ...(flags.subresource ? { subresource: flags.subresource } : {}),
              })
              .catch((error: unknown) => {
                throw reasonOf(error) === 'UnsupportedMediaType' ? unsupported(type, one.type, error) : error;
              });
        const cause = isHere ? undefined : changeCausePatch(session);
        const options = { type: 'merge', fieldManager: flags['field-manager'], dryRun: dryRun === 'server' } as const;
        if (cause) patched = await session.client.resource(one.type).patch(refOfSelected(one), cause, options);
        // What a file says of an object is never all that the server has.
        const verb = (flags.filename && !isHere) || changed(object, patched) ? 'patched' : 'patched (no change)';
        printResult(session, { type: one.type, object: patched }, { verb, flags, apart: true });
      } catch (error) {
        failures.add(error);
      }
    }
    return failures.report(session);
  },
});

/** Custom resources take no strategic patches, which are what the command makes when it is not told otherwise. */
function unsupported(patch: AnyPatchType, { group, version, kind }: AnyResource, error: unknown): Error {
  const names = { json: 'json-patch', merge: 'merge-patch', strategic: 'strategic-merge-patch' };
  return new Error(
    `application/${names[patch]}+json is not supported by ${group}/${version}, Kind=${kind}: ${messageOf(error)}`,
  );
}

function patchFile(path: string, { files }: Session): Promise<string> {
  return files.read(path).catch((error: unknown) => {
    throw new Error(`unable to read patch file: ${asGoSays(messageOf(error))}`);
  });
}

/** JSON that breaks off or is none: what it is for is looked at first. */
class BrokenPatch {
  /** In the words of whoever would have read it. */
  problem(type: AnyPatchType, isHere: boolean): Error {
    const why = 'unexpected end of JSON input';
    if (isHere) return new Error({ merge: 'Invalid JSON Patch', strategic: 'invalid JSON document', json: why }[type]);
    return new StatusError('BadRequest', type === 'strategic' ? why : `error decoding patch: ${why}`);
  }
}

/** Whether it is an object is for the server to say. */
function parsedPatch(text: string): unknown {
  try {
    return decodeDocument(text, { lastWins: true });
  } catch (error) {
    if (/^\s*\{/.test(text)) return new BrokenPatch();
    throw new Error(`unable to parse ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Whether a patch did anything: versions and who manages fields aside. */
function changed(before: ApiObject, after: ApiObject): boolean {
  // A file may have none.
  const rest = (of: ApiObject['metadata'] | undefined): unknown => {
    const { managedFields: _by, resourceVersion: _version, ...metadata } = of ?? {};
    return metadata;
  };
  return !jsonEqual(
    { ...before, metadata: rest(before.metadata) } as never,
    { ...after, apiVersion: before.apiVersion, kind: before.kind, metadata: rest(after.metadata) } as never,
  );
}
