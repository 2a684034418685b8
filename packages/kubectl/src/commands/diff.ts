import { spawn } from 'node:child_process';
import { type ApiObject, apiVersionOf, isNotFound } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { applyPatch } from '../apply/patch.ts';
import { defineCommand } from '../command.ts';
import { PlainError } from '../io.ts';
import { filenameFlags, type ManifestObject, readManifests, refOf } from '../manifests/read.ts';
import { inTemporaryFolder } from '../programs/temporary-folder.ts';
import type { Session } from '../session.ts';
import { maskedPair } from './diff-masks.ts';
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
    'server-side': {
      type: 'boolean',
      help: 'If true, apply runs in the server instead of the client.',
      default: false,
    },
    'show-managed-fields': { type: 'boolean', help: 'If true, include managed fields in the diff.', default: false },
  } as const,
  async run({ flags, positional }, session) {
    try {
      if (positional.length > 0) throw usageError('diff', `Unexpected args: [${positional.join(' ')}]`);
      if (!flags.filename) throw new Error('must specify one of -f and -k');
      const manifests = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
      const { parseSelector } = await import('@typernetes/machinery');
      const selector = parseSelector(flags.selector);
      return await inTemporaryFolder('kubectl-diff-', async (folder) => {
        for (const manifest of manifests) {
          if (!selector.matches(manifest.object.metadata.labels)) continue;
          const { live, merged } = await statesOf(manifest, { flags, session });
          const shown = maskedPair({ live: printable(live, flags), merged: printable(merged, flags) });
          const name = fileName(manifest);
          if (shown.live) await folder.write(`LIVE/${name}`, encodeYaml(shown.live));
          if (shown.merged) await folder.write(`MERGED/${name}`, encodeYaml(shown.merged));
        }
        await Promise.all([folder.makeFolder('LIVE'), folder.makeFolder('MERGED')]);
        return runDiff(folder.path, session);
      });
    } catch (error) {
      // One means "there are differences": failures are greater.
      if (error instanceof PlainError) throw error;
      const { errorText } = await import('../error-text.ts');
      session.io.err(errorText(error, session.server));
      return 2;
    }
  },
});

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
  const live = await client.get(refOf(manifest)).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const options = { dryRun: true, fieldManager: flags['field-manager'] };
  if (flags['server-side']) {
    const fieldManager = flags['field-manager'] === 'kubectl-client-side-apply' ? 'kubectl' : flags['field-manager'];
    const force = flags['force-conflicts'];
    return {
      live,
      merged: await client.patch(refOf(manifest), object, { ...options, type: 'apply', force, fieldManager }),
    };
  }
  // The annotation of an apply is no part of what the user wants to see.
  const modified = { ...object, metadata: { ...object.metadata, annotations: object.metadata.annotations ?? {} } };
  if (!live) return { live, merged: await client.create(object, options) };
  const patch = await applyPatch(type, { modified, current: live }, { overwrite: true });
  const merged = patch ? await client.patch(refOf(manifest), patch.body, { ...options, type: patch.type }) : live;
  return { live, merged };
}

function printable(object: ApiObject | undefined, flags: DiffFlags): ApiObject | undefined {
  if (!object || flags['show-managed-fields']) return object;
  const { managedFields: _hidden, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `apps.v1.Deployment.default.web`: what stands in the heads of a diff. */
function fileName({ type, namespace = '', name }: ManifestObject): string {
  return `${apiVersionOf(type).replace('/', '.')}.${type.kind}.${namespace}.${name}`.replaceAll(/[/:]/g, '-');
}

/** Runs `diff`, or what the user prefers, over the two folders; its output is ours. */
function runDiff(folder: string, { io, environment }: Session): Promise<number> {
  const [command = 'diff', ...given] = (environment.KUBECTL_EXTERNAL_DIFF ?? '')
    .split(' ')
    .filter((word) => word !== '');
  const own = environment.KUBECTL_EXTERNAL_DIFF ? given.filter((arg) => /^[a-zA-Z0-9-=]+$/.test(arg)) : ['-u', '-N'];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...own, 'LIVE', 'MERGED'], {
      cwd: folder,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Uint8Array) => io.outBytes(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => io.errBytes(chunk));
    child.on('error', (error) => reject(new Error(`failed to run ${JSON.stringify(command)}`, { cause: error })));
    child.on('close', (code) => resolve(code ?? 2));
  });
}
