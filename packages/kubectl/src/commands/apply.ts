import { type ApiObject, isNotFound } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { lastApplied, lastAppliedAnnotation, withLastApplied } from '../apply/last-applied.ts';
import { applyPatch } from '../apply/patch.ts';
import { defineCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import { inFile } from '../manifests/in-file.ts';
import { filenameFlags, type ManifestObject, readManifests, refOf } from '../manifests/read.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import { printedName } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { fieldValidation } from './create.ts';

const flagSpecs = {
  ...filenameFlags,
  'dry-run': {
    type: 'string',
    help: 'Must be "none", "server", or "client".',
    default: 'none',
    valueWhenBare: 'unchanged',
  },
  'field-manager': { type: 'string', help: 'Name of the manager used to track field ownership.' },
  'force-conflicts': {
    type: 'boolean',
    help: 'If true, server-side apply will force the changes against conflicts.',
    default: false,
  },
  output: { type: 'string', short: 'o', help: 'Output format.' },
  'server-side': { type: 'boolean', help: 'If true, apply runs in the server instead of the client.', default: false },
  validate: {
    type: 'string',
    help: 'Must be one of: strict (or true), warn, ignore (or false).',
    default: 'strict',
    valueWhenBare: 'strict',
  },
} as const;

interface Applied {
  readonly object: ApiObject;
  readonly verb: 'created' | 'configured' | 'unchanged' | 'serverside-applied';
}

export const applyCommand = defineCommand({
  use: 'apply (-f FILENAME | -k DIRECTORY)',
  short: 'Apply a configuration to a resource by file name or stdin',
  flags: flagSpecs,
  async run({ flags }, session) {
    if (!flags.filename) throw new Error('must specify one of -f and -k');
    const objects = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
    const print = objectPrinter(flags.output);
    let code = 0;
    for (const manifest of objects) {
      try {
        const { object, verb } = await applyOne(manifest, { flags, session });
        const dry = { none: '', client: ' (dry run)', server: ' (server dry run)' }[flags['dry-run']] ?? '';
        if (print) session.io.out(print([{ type: manifest.type, object }], false));
        else session.io.out(`${printedName(manifest.type, object.metadata.name)} ${verb}${dry}\n`);
      } catch (error) {
        session.io.err(errorText(error, session.server));
        code = 1;
      }
    }
    return code;
  },
});

interface Context {
  readonly flags: ParsedFlags<typeof flagSpecs>;
  readonly session: Session;
}

async function applyOne(manifest: ManifestObject, context: Context): Promise<Applied> {
  const { flags, session } = context;
  const { type, source, object } = manifest;
  const client = session.client.resource(type);
  const dry = flags['dry-run'];
  if (flags['server-side']) {
    const applied = await inFile({ source, what: 'applying patch' }, () =>
      client.patch(refOf(manifest), object, {
        type: 'apply',
        force: flags['force-conflicts'],
        fieldManager: flags['field-manager'] ?? 'kubectl',
        fieldValidation: fieldValidation(flags.validate),
        dryRun: dry === 'server',
      }),
    );
    return { object: applied, verb: 'serverside-applied' };
  }
  const options = {
    fieldManager: flags['field-manager'] ?? 'kubectl-client-side-apply',
    fieldValidation: fieldValidation(flags.validate),
    dryRun: dry === 'server',
  };
  const modified = withLastApplied(object);
  const current = await inFile({ source, what: 'retrieving current configuration of' }, () =>
    client.get(refOf(manifest)).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    }),
  );
  if (!current) {
    if (dry === 'client') return { object: modified, verb: 'created' };
    return {
      object: await inFile({ source, what: 'creating' }, () => client.create(modified, options)),
      verb: 'created',
    };
  }
  if (lastApplied(current) === undefined && dry !== 'client') {
    session.io.err(
      `Warning: resource ${type.plural}/${current.metadata.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  const patch = await applyPatch(type, { modified, current });
  if (!patch || dry === 'client') return { object: current, verb: patch ? 'configured' : 'unchanged' };
  const patched = await inFile({ source, what: 'applying patch' }, () =>
    client.patch(refOf(manifest), patch.body, { ...options, type: patch.type }),
  );
  const same = patched.metadata.resourceVersion === current.metadata.resourceVersion;
  return { object: patched, verb: same ? 'unchanged' : 'configured' };
}
