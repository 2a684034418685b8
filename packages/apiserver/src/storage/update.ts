import { randomUUID } from 'node:crypto';
import { applyDefaults } from '@typernetes/api/defaults';
import { validateObjectMetaUpdate } from '@typernetes/api/validation';
import {
  type ApiObject,
  badRequest,
  conflict,
  goQuote,
  invalid,
  invalidValue,
  notFound,
  StatusError,
} from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission/admission-plugin.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { type Claim, checkedType } from '../registry/served-resource.ts';
import type { Strategy } from '../registry/strategy.ts';
import { admissionRequest } from './admission-request.ts';
import { validateAdmission } from './admit.ts';
import { admitTracked } from './admit-tracked.ts';
import { prepareNew } from './create.ts';
import { finished } from './deletion-rules.ts';
import { dropGatedFields } from './gated-fields.ts';
import { gatedValueProblems } from './gated-values.ts';
import { trackWrite } from './managed-fields.ts';
import { carryMeta, checkNamespace, fillNewMeta, specChanged } from './object-meta.ts';
import type { ResourceStorage, Step, Written } from './resource-storage.ts';
import { singleOwners } from './single-owners.ts';
import type { WriteOptions } from './write-options.ts';

interface UpdateOptions extends WriteOptions {
  readonly namespace: string;
  readonly name: string;
  /** The strategy of this endpoint: the resource's, or a subresource's. */
  readonly strategy: Strategy;
  readonly subresource: string;
  /** PUT and apply may create where the strategy allows it; other patches may not. */
  readonly mayCreate: boolean;
  /** PUT: a uid in the wanted state is a precondition. */
  readonly replaces?: boolean;
  /** Creates a missing object whatever the strategy says about PUT: for server-side apply. */
  readonly creates?: boolean;
}

type UpdateResult = Written & { readonly created: boolean };

/**
 * Changes an object. `next` computes the wanted state from the current one, and is called again if another write came
 * in between; its result is changed in place. A resourceVersion in it is a precondition.
 */
export async function updateObject(
  storage: ResourceStorage,
  next: (current: ApiObject | undefined) => ApiObject | Promise<ApiObject>,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { served } = storage;
  const key = storage.keyOf(options.namespace, options.name);
  let claim: Claim | undefined;
  let before: CachedObject | undefined;
  try {
    const { written, outcome } = await storage.change(
      key,
      async (current) => {
        before = current;
        await claim?.revert();
        claim = undefined;
        const wanted = await next(current?.object);
        checkNames(wanted, options);
        if (!current) {
          if (options.replaces) checkIdentity(storage, absent(wanted), wanted.metadata.uid, options.name);
          if (!options.mayCreate || !(options.creates || options.strategy.allowCreateOnUpdate))
            throw notFound(served.type, options.name);
          claim = await prepareByUpdate(storage, wanted, options);
          return { write: wanted };
        }
        const allocator = served.allocator && storage.deps.allocators[served.allocator];
        checkRevision(storage, wanted, current, options);
        const allocate = async (): Promise<void> => {
          claim = options.subresource === '' ? await allocator?.claim(wanted, current.object, options) : undefined;
        };
        const request = await prepareUpdate(storage, { wanted, old: current.object, allocate }, options);
        await validateAdmission(storage.deps.admission, request);
        return finished(wanted) && !served.strategy.outlivesDeletion?.(wanted)
          ? ({ remove: true, final: wanted } satisfies Step)
          : { write: wanted };
      },
      options,
    );
    if (options.dryRun) await claim?.revert();
    else {
      await claim?.commit();
      if (outcome === 'updated' && before) storage.updated?.(written.object, before.object);
      // The last finalizer is gone: free what was allocated for the object.
      if (outcome === 'removed' && served.allocator)
        await storage.deps.allocators[served.allocator]?.release(written.object);
    }
    // An object that is not stored has the revision of the one it was made from.
    if (before && (options.dryRun || outcome === 'removed'))
      written.object.metadata.resourceVersion ??= String(before.revision);
    return Object.assign(written, { created: outcome === 'created' });
  } catch (error) {
    await claim?.revert(error);
    throw error;
  }
}

/** Everything between decoding and validating admission, in the order of `prepareNew`. `allocate` is called between the strategy and validation. */
async function prepareUpdate(
  storage: ResourceStorage,
  {
    wanted,
    old,
    allocate,
  }: { readonly wanted: ApiObject; readonly old: ApiObject; readonly allocate: () => Promise<void> },
  options: UpdateOptions,
): Promise<AdmissionRequest> {
  const { served, deps } = storage;
  const strategyContext = storage.strategyContext(options.context);
  const { strategy } = options;
  if (served.shape) served.shape.applyDefaults(wanted);
  else applyDefaults(served.type, wanted);
  strategy.normalize?.(wanted);
  carryMeta(wanted, old);
  const { warnings } = options.context;
  if (options.replaces) singleOwners(wanted.metadata, { warnings, isAdmitted: false });
  if (!options.fieldsApplied) {
    const { fieldManager: manager, subresource } = options;
    const tracking = trackWrite(storage, wanted, old, { manager, subresource, strategy });
    if (tracking) await tracking;
  }
  const request = admissionRequest(storage, options, { operation: 'UPDATE', object: wanted, oldObject: old });
  const admitting = admitTracked(deps.admission, request, warnings);
  if (admitting) await admitting;
  singleOwners(wanted.metadata, { warnings, isAdmitted: true });
  dropGatedFields(served.type, { next: wanted, current: old }, strategyContext.featureEnabled);
  strategy.prepareForUpdate?.(wanted, old, strategyContext);
  await allocate();
  if (!strategy.keepsGeneration && (strategy.bumpsGeneration ?? specChanged)(wanted, old))
    wanted.metadata.generation = (old.metadata.generation ?? 0) + 1;
  const problems = [
    ...validateObjectMetaUpdate(wanted.metadata, old.metadata, served.strategy),
    ...(strategy.validateUpdate?.(wanted, old, strategyContext) ?? []),
    ...gatedValueProblems(served.type, { next: wanted, current: old }, strategyContext.featureEnabled),
  ];
  if (problems.length > 0) throw invalid(checkedType(served), options.name, problems);
  for (const warning of strategy.warningsOnUpdate?.(wanted, old) ?? []) warnings.add(warning);
  return request;
}

/** For a PUT or apply that creates the object. */
async function prepareByUpdate(
  storage: ResourceStorage,
  wanted: ApiObject,
  options: UpdateOptions,
): Promise<Claim | undefined> {
  fillNewMeta(wanted, {
    namespace: options.namespace,
    now: storage.deps.clock.now(),
    uid: randomUUID(),
    random: storage.deps.random,
    keepsGeneration: options.strategy.keepsGeneration ?? false,
  });
  return await prepareNew(storage, wanted, options);
}

/** Throws BadRequest unless the object's name and namespace are those of the path. A missing namespace is filled in. */
export function checkNames(
  wanted: ApiObject,
  { name, namespace, replaces }: Pick<UpdateOptions, 'name' | 'namespace' | 'replaces'>,
): void {
  const meta = wanted.metadata;
  if (replaces || namespace === '') checkNamespace(wanted, namespace);
  if (namespace !== '') meta.namespace ||= namespace;
  if (!meta.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (meta.name !== name)
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  if (namespace !== '' && meta.namespace !== namespace)
    throw badRequest(
      `the namespace of the object (${meta.namespace}) does not match the namespace on the request (${namespace})`,
    );
}

function checkRevision(
  storage: ResourceStorage,
  wanted: ApiObject,
  current: CachedObject,
  { name, strategy, replaces }: UpdateOptions,
): void {
  const { resourceVersion, uid } = wanted.metadata;
  if (replaces) checkIdentity(storage, current.object, uid, name);
  if (!resourceVersion || resourceVersion === '0') {
    if (strategy.allowUnconditionalUpdate === false)
      // Upstream names the resource here where it names the kind everywhere else.
      throw invalid({ group: storage.served.type.group, kind: storage.served.type.plural }, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    return;
  }
  // As upstream: the error of the number parser, without a reason.
  if (!/^\d+$/.test(resourceVersion))
    throw new StatusError('Unknown', `strconv.ParseUint: parsing ${goQuote(resourceVersion)}: invalid syntax`);
  if (resourceVersion !== String(current.revision)) throw conflict(storage.served.type, name);
}

/** Throws Conflict, in the words of upstream's storage, when the object's uid is not the expected one. */
export function checkIdentity(
  { served, root }: ResourceStorage,
  { metadata }: ApiObject,
  uid: string | undefined,
  name: string,
): void {
  if (!uid || uid === metadata.uid) return;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  const key = `${root}${served.type.namespaced ? `${metadata.namespace}/` : ''}${name}`;
  throw conflict(served.type, name, storageErrorText(key, why));
}

/** What upstream's storage compares with where there is no object. */
const absent = ({ metadata: { namespace } }: ApiObject): ApiObject =>
  ({ metadata: { namespace, uid: '' } }) as unknown as ApiObject;

/** Upstream's message for a failed precondition of the storage. */
const storageErrorText = (key: string, why: string): string =>
  `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
