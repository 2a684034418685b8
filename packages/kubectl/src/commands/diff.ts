import { spawn } from 'node:child_process';
import { codeOf, messagesOf } from '@typernetes/base';
import { type ApiObject, apiVersionOf, isConflict, isNotFound } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { type ApplyPatch, applyPatch, PatchError } from '../apply/patch.ts';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { filenameFlags, type ManifestObject, readManifests, refOf } from '../manifests/read.ts';
import { unreachedFiles } from '../manifests/unreached-files.ts';
import { inTemporaryFolder, type TemporaryFolder } from '../programs/temporary-folder.ts';
import type { Session } from '../session.ts';
import { maskedPair } from './diff-masks.ts';
import { Failures } from './failures.ts';
import { fieldManagerFlag, usageError } from './result.ts';
import { selectorFlag } from './selected-objects.ts';

export const diffCommand = defineCommand({
  use: 'diff -f FILENAME',
  short: 'Diff the live version against a would-be applied version',
  flags: {
    ...fieldManagerFlag('kubectl-client-side-apply'),
    ...filenameFlags,
    ...selectorFlag,
    concurrency: {
      type: 'number',
      help: 'Number of objects to process in parallel when diffing against the live version.',
      default: 1,
    },
    'force-conflicts': {
      type: 'boolean',
      help: 'If true, server-side apply will force the changes against conflicts.',
      default: false,
    },
    prune: {
      type: 'boolean',
      help: 'Show also what an apply with --prune would delete; without -l, of all that apply has made.',
      default: false,
    },
    'prune-allowlist': {
      type: 'array',
      help: 'With --prune: a kind that may be deleted, as group/version/kind, instead of the usual ones; can be repeated.',
      default: [],
    },
    'server-side': {
      type: 'boolean',
      help: 'If true, apply runs in the server instead of the client.',
      default: false,
    },
    'show-managed-fields': { type: 'boolean', help: 'If true, include managed fields in the diff.', default: false },
  } as const,
  async run({ flags, positional }, session, signal) {
    try {
      if (positional.length > 0) throw usageError('diff', `Unexpected args: [${positional.join(' ')}]`);
      if (!flags.filename) throw new Error('must specify one of -f and -k');
      if (flags['force-conflicts'] && !flags['server-side'])
        throw new Error('--force-conflicts only works with --server-side');
      const { filename: filenames, recursive, selector } = flags;
      const manifests = await readManifests({ filenames, recursive, selector }, session);
      const { prunable, toPrune } = await import('../apply/prune.ts');
      const allowed = flags.prune ? await prunable(flags['prune-allowlist'], session) : [];
      const failures = new Failures();
      const reported = new Set<string>();
      const kept = new Set<string>();
      const namespaces = new Set<string>();
      return await inTemporaryFolders(async (folders) => {
        const write = async (of: Named, states: { live: ApiObject | undefined; merged: ApiObject | undefined }) => {
          // Upstream masks only what stays.
          const shown = states.merged ? maskedPair(states) : states;
          // Where there is no Secret upstream shows the emptiness that it has masked.
          const none = shown.merged?.kind === 'Secret' && shown.merged.apiVersion === 'v1' ? 'null\n' : undefined;
          const live = shown.live ? encodeYaml(shown.live) : none;
          if (live !== undefined) await folders.live.write(fileName(of), live);
          if (shown.merged) await folders.merged.write(fileName(of), encodeYaml(shown.merged));
        };
        for (const manifest of manifests) {
          if (manifest.namespace) namespaces.add(manifest.namespace);
          try {
            const states = await statesOf(manifest, { flags, session });
            if (states.live?.metadata.uid) kept.add(states.live.metadata.uid);
            await write(manifest, { live: printable(states.live, flags), merged: printable(states.merged, flags) });
          } catch (error) {
            // The same is told once.
            if (!reported.has(messagesOf(error))) failures.add(error);
            reported.add(messagesOf(error));
          }
        }
        if (failures.report(session) > 0) return 2;
        const isUsual = flags.prune && flags['prune-allowlist'].length === 0;
        const gone = toPrune({ allowed, isUsual, namespaces, selector: flags.selector, kept }, { session, signal });
        for await (const { type, object, namespace } of gone) {
          const live = { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
          // Upstream shows who manages the fields of these, asked or not.
          await write({ type, namespace, name: object.metadata.name }, { live, merged: undefined });
        }
        return runDiff([folders.live.path, folders.merged.path], session);
      });
    } catch (error) {
      // One means "there are differences": failures are greater.
      if (error instanceof PlainError) throw new PlainError(error.message, Math.max(error.exitCode, 2), error.output);
      const [{ errorText }, { responseObjects }] = await Promise.all([
        import('../error-text.ts'),
        import('../requests/response-object.ts'),
      ]);
      const [reported = error] = unreachedFiles([error], session) ?? [];
      session.io.err(responseObjects([error], session) + errorText(reported, session.server));
      return 2;
    }
  },
});

interface Folders {
  readonly live: TemporaryFolder;
  readonly merged: TemporaryFolder;
}

/** Programs that show differences say where they are. */
const inTemporaryFolders = <R>(use: (folders: Folders) => Promise<R>): Promise<R> =>
  inTemporaryFolder('LIVE-', (live) => inTemporaryFolder('MERGED-', (merged) => use({ live, merged })));

/** What files are called by. */
type Named = Pick<ManifestObject, 'type' | 'namespace' | 'name'>;

interface DiffFlags {
  readonly 'field-manager': string;
  readonly 'force-conflicts': boolean;
  readonly 'server-side': boolean;
  readonly 'show-managed-fields': boolean;
}

/** What is there, and what an apply would make of it. */
async function statesOf(
  manifest: ManifestObject,
  { flags, session }: { flags: DiffFlags; session: Session },
): Promise<{ live: ApiObject | undefined; merged: ApiObject }> {
  const { type, object } = manifest;
  const client = session.client.resource(type);
  const ref = refOf(manifest);
  const live = await client.get(ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const options = { dryRun: true, fieldManager: flags['field-manager'] };
  if (flags['server-side']) {
    const fieldManager = flags['field-manager'] === 'kubectl-client-side-apply' ? 'kubectl' : flags['field-manager'];
    const force = flags['force-conflicts'];
    try {
      return { live, merged: await client.patch(ref, object, { ...options, type: 'apply', force, fieldManager }) };
    } catch (error) {
      if (isConflict(error)) await warnOfConflict(manifest, session);
      throw error;
    }
  }
  // The annotation of an apply is no part of what the user wants to see.
  const modified = { ...object, metadata: { ...object.metadata, annotations: object.metadata.annotations ?? {} } };
  if (!live) return { live, merged: await client.create(object, options) };
  const patch = await patchOf(manifest, { modified, current: live }, session);
  const merged = patch ? await client.patch(refOf(manifest), patch.body, { ...options, type: patch.type }) : live;
  return { live, merged };
}

async function patchOf(
  { type, source }: ManifestObject,
  states: { modified: ApiObject; current: ApiObject },
  { io }: Session,
): Promise<ApplyPatch | undefined> {
  try {
    return await applyPatch(type, states, { overwrite: true, openapiPatch: true, warn: (text) => io.err(text) });
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw new Error(`error when patching ${JSON.stringify(source)}: ${error.message}`);
  }
}

/** Upstream takes any conflict for one of versions, tries again, and says so in the end. */
async function warnOfConflict({ type, name }: ManifestObject, session: Session): Promise<void> {
  const { logged } = await import('../logged-warning.ts');
  const text = `Object (${type.group}/${type.version}, Kind=${type.kind}: ${name}) keeps changing, diffing without lock`;
  session.io.err(logged(text, { session, place: 'diff.go:370' }));
}

function printable(object: ApiObject | undefined, flags: DiffFlags): ApiObject | undefined {
  if (!object || flags['show-managed-fields']) return object;
  const { managedFields: _hidden, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `apps.v1.Deployment.default.web`: what stands in the heads of a diff. */
function fileName({ type, namespace = '', name }: Named): string {
  return `${apiVersionOf(type).replace('/', '.')}.${type.kind}.${namespace}.${name}`.replaceAll(/[/:]/g, '-');
}

/** Runs `diff`, or what the user prefers, over the two folders; its output is ours. */
function runDiff(folders: readonly [string, string], { io, environment }: Session): Promise<number> {
  const { KUBECTL_EXTERNAL_DIFF: preferred } = environment;
  const [command = '', ...given] = (preferred || 'diff').split(' ');
  if (command === '') throw new Error('failed to run "": exec: no command');
  const own = preferred ? given.filter((arg) => /^[a-zA-Z0-9-=]+$/.test(arg)) : ['-u', '-N'];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...own, ...folders], {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Uint8Array) => io.outBytes(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => io.errBytes(chunk));
    child.on('error', (error) => {
      const cause = codeOf(error) === 'ENOENT' ? new Error('executable file not found in $PATH') : error;
      reject(new Error(`failed to run ${JSON.stringify(command)}`, { cause }));
    });
    child.on('close', (code) => resolve(code ?? 2));
  });
}
