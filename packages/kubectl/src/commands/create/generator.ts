import { messageOf } from '@typernetes/base';
import { type ApiObject, apiVersionOf, collectionPath, reasonOf, StatusError } from '@typernetes/machinery';
import type { FlagSpecs, ParsedArguments } from '@typernetes/process';
import { lastAppliedAnnotation } from '../../apply/last-applied.ts';
import { type Command, defineCommand } from '../../command.ts';
import { notConnected, serverUrl } from '../../connection-problem.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import { builtInResources } from '../../resources/well-known.ts';
import type { Session } from '../../session.ts';
import { fieldValidation } from '../create.ts';
import { recorded } from '../record.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  printResult,
  type ResultOptions,
  refuseWrongFormat,
  resultFlags,
  saveConfigFlag,
  usageError,
  validateFlag,
} from '../result.ts';

const ownFlags = {
  ...dryRunFlag,
  ...fieldManagerFlag('kubectl-create'),
  ...resultFlags,
  ...saveConfigFlag,
  ...validateFlag,
} as const;

/** What a generator makes: an object without its namespace. */
export interface Generated {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface GeneratorOptions<S extends FlagSpecs> {
  /** The words behind `kubectl`: `create secret tls`. */
  readonly words: string;
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  readonly required?: readonly (keyof S & string)[];
  /** What stands before the server's words when it refuses: `failed to create deployment:`. */
  readonly failure?: string;
  build(name: string, given: ParsedArguments<S>, session: Session): Generated | Promise<Generated>;
}

/** A command that makes an object out of flags, and creates it. */
export function generatorCommand<const S extends FlagSpecs>(options: GeneratorOptions<S>): Command {
  return defineCommand({
    use: `${options.words} ${options.use}${options.use.includes('-- [COMMAND]') || options.use.includes('--rule=') ? '' : ' [--dry-run=server|client|none]'}`,
    short: options.short,
    flags: { ...ownFlags, ...options.flags } as FlagSpecs,
    required: [...(options.required ?? [])].sort(),
    async run(parsed, session, signal) {
      const given = parsed as unknown as ParsedArguments<S & typeof ownFlags>;
      const { positional, beforeDashes = positional.length } = given;
      const [name] = positional;
      if (name === undefined || beforeDashes !== 1) {
        throw usageError(options.words, `exactly one NAME is required, got ${beforeDashes}`);
      }
      refuseWrongFormat(given.flags as GenerationFlags);
      const generated = await options.build(name, given as unknown as ParsedArguments<S>, session);
      const creation = { name, flags: given.flags as GenerationFlags, session, signal };
      await createGenerated(generated, { ...creation, ...(options.failure ? { failure: options.failure } : {}) });
      return 0;
    },
  });
}

interface GenerationFlags {
  readonly 'dry-run': string;
  readonly 'field-manager': string;
  readonly 'save-config': boolean;
  readonly validate?: string;
  readonly output: string | undefined;
  readonly 'show-managed-fields': boolean;
}

/** Creates what was generated, or only shows it, as `--dry-run` says. */
export async function createGenerated(
  generated: Generated,
  {
    name,
    flags,
    session,
    signal,
    verb = 'created',
    silently = false,
    failure,
    as,
  }: {
    name: string;
    flags: GenerationFlags;
    session: Session;
    signal: AbortSignal;
    verb?: string;
    silently?: boolean;
    failure?: string;
    /** Where it is created, whatever it says that it is. */
    as?: AnyResource;
  },
): Promise<ApiObject> {
  const dryRun = dryRunOf(flags['dry-run']);
  const { apiVersion, kind } = generated;
  // What is made here is known here: a dry run of the client asks no server.
  const type =
    as ??
    builtInResources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion) ??
    (await session.resources.byKind(apiVersion, kind));
  // Only what was said is shown; the server is always told.
  const shownNamespace = type.namespaced && session.namespaceGiven ? { namespace: session.namespace } : {};
  const metadata = { ...generated.metadata, name: generated.metadata?.name ?? name, ...shownNamespace };
  const plain = recorded({ ...generated, metadata } as unknown as ApiObject, session);
  const object = flags['save-config'] ? await withTypedLastApplied(plain) : plain;
  const own = generated.metadata?.namespace;
  if (type.namespaced && own !== undefined && own !== session.namespace && dryRun !== 'client')
    throw new StatusError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  const sent = {
    ...object,
    metadata: { ...object.metadata, ...(type.namespaced ? { namespace: session.namespace } : {}) },
  };
  const created =
    dryRun === 'client'
      ? object
      : await session.client
          .resource(type)
          .create(sent, {
            fieldManager: flags['field-manager'],
            fieldValidation: fieldValidation(flags.validate ?? 'strict'),
            dryRun: dryRun === 'server',
            signal,
          })
          .catch((error: unknown) => {
            if (!failure) throw error;
            const why = notConnected(error);
            if (why === undefined) throw reasonOf(error) ? new Error(`${failure} ${messageOf(error)}`) : error;
            const rehearsal = dryRun === 'server' ? 'dryRun=All&' : '';
            const query = `${rehearsal}fieldManager=${flags['field-manager']}&fieldValidation=${fieldValidation(flags.validate ?? 'strict')}`;
            const path = `${collectionPath(type, type.namespaced ? session.namespace : undefined)}?${query}`;
            throw new Error(`${failure} Post ${JSON.stringify(serverUrl(session) + path)}: ${why}`);
          });
  if (!silently) await printGenerated(session, { type, object: created }, { verb, dryRun, flags });
  return created;
}

/** What generators make is printed as the struct that upstream holds it in. */
export async function printGenerated(
  session: Session,
  { type, object }: { type: AnyResource; object: ApiObject },
  options: ResultOptions,
): Promise<void> {
  const typed = { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
  const shown = options.flags.output ? (await import('../../printing/typed-form.ts')).typedForm(typed) : object;
  printResult(session, { type, object: shown, typed: true }, options);
}

/** What `--save-config` keeps of an object that no file described. */
async function withTypedLastApplied(object: ApiObject): Promise<ApiObject> {
  const { typedForm } = await import('../../printing/typed-form.ts');
  const annotations = {
    ...object.metadata.annotations,
    [lastAppliedAnnotation]: `${JSON.stringify(typedForm(object))}\n`,
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
