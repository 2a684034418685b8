import { randomUUID } from 'node:crypto';
import { applyDefaults } from '@typernetes/api/defaults';
import { validateObjectMetaUpdate } from '@typernetes/api/validation';
import { type ApiObject, badRequest, conflict, invalid, invalidValue, notFound } from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Claim } from '../registry/served-resource.ts';
import type { Strategy } from '../registry/strategy.ts';
import { admissionRequest } from './admission-request.ts';
import { admit, validateAdmission } from './admit.ts';
import { prepareNew, type WriteOptions } from './create.ts';
import { finished } from './deletion-rules.ts';
import { trackWrite } from './managed-fields.ts';
import { carryMeta, fillNewMeta, specChanged } from './object-meta.ts';
import type { ResourceStorage, Step, Written } from './resource-storage.ts';

export interface UpdateOptions extends WriteOptions {
  readonly namespace: string;
  readonly name: string;
  /** The rules of this endpoint: the resource's own, or a subresource's. */
  readonly strategy: Strategy;
  readonly subresource: string;
  /** PUT and apply may create where the strategy allows it; other patches may not. */
  readonly mayCreate: boolean;
  /** Creates whatever the strategy says of PUT: server-side apply. */
  readonly creates?: boolean;
}

export type UpdateResult = Written & { readonly created: boolean };

/**
 * Changes an object. `next` yields the wanted state from the current one, each time anew when others write in between; its
 * result belongs to this call. A resourceVersion in it is the condition of the write.
 */
export async function updateObject(
  storage: ResourceStorage,
  next: (current: ApiObject | undefined) => ApiObject | Promise<ApiObject>,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { served } = storage;
  const key = storage.keyOf(options.namespace, options.name);
  let claim: Claim | undefined;
  try {
    const { written, outcome } = await storage.change(
      key,
      async (current) => {
        await claim?.revert();
        claim = undefined;
        const wanted = await next(current?.object);
        checkNames(wanted, options);
        if (!current) {
          if (!options.mayCreate || !(options.creates || options.strategy.allowCreateOnUpdate))
            throw notFound(served.type, options.name);
          claim = await prepareByUpdate(storage, wanted, options);
          return { write: wanted };
        }
        const allocator = served.allocator && storage.deps.allocators[served.allocator];
        checkRevision(storage, wanted, current, options);
        const request = await prepareUpdate(storage, wanted, current, options, async () => {
          claim = options.subresource === '' ? await allocator?.claim(wanted, current.object, options) : undefined;
        });
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
      // The last finalizer is gone: what the object held is free.
      if (outcome === 'removed' && served.allocator)
        await storage.deps.allocators[served.allocator]?.release(written.object);
    }
    return Object.assign(written, { created: outcome === 'created' });
  } catch (error) {
    await claim?.revert(error);
    throw error;
  }
}

async function prepareUpdate(
  storage: ResourceStorage,
  wanted: ApiObject,
  current: CachedObject,
  options: UpdateOptions,
  allocate: () => Promise<void>,
) {
  const { served, deps } = storage;
  const strategyContext = storage.strategyContext(options.context.user);
  const { strategy } = options;
  const old = current.object;
  if (served.shape) served.shape.applyDefaults(wanted);
  else applyDefaults(served.type, wanted);
  carryMeta(wanted, old);
  const request = admissionRequest(storage, options, { operation: 'UPDATE', object: wanted, oldObject: old });
  const admitting = admit(deps.admission, request);
  if (admitting) await admitting;
  strategy.prepareForUpdate?.(wanted, old, strategyContext);
  await allocate();
  if (!strategy.keepsGeneration && (strategy.bumpsGeneration ?? specChanged)(wanted, old))
    wanted.metadata.generation = (old.metadata.generation ?? 0) + 1;
  if (!options.fieldsApplied)
    trackWrite(storage, wanted, old, {
      manager: options.fieldManager,
      subresource: options.subresource,
      strategy,
    });
  const problems = [
    ...validateObjectMetaUpdate(wanted.metadata, old.metadata),
    ...(strategy.validateUpdate?.(wanted, old, strategyContext) ?? []),
  ];
  if (problems.length > 0) throw invalid(served.type, options.name, problems);
  for (const warning of strategy.warningsOnUpdate?.(wanted, old) ?? []) options.context.warnings.add(warning);
  return request;
}

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

function checkNames(wanted: ApiObject, { name, namespace }: UpdateOptions): void {
  const meta = wanted.metadata;
  if (!meta.name) meta.name = name;
  if (meta.name !== name)
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  if (namespace === '') return;
  if (!meta.namespace) meta.namespace = namespace;
  if (meta.namespace !== namespace)
    throw badRequest(
      `the namespace of the object (${meta.namespace}) does not match the namespace on the request (${namespace})`,
    );
}

function checkRevision(
  { served }: ResourceStorage,
  wanted: ApiObject,
  current: CachedObject,
  { name, strategy }: UpdateOptions,
): void {
  const { resourceVersion, uid } = wanted.metadata;
  if (uid && uid !== current.object.metadata.uid)
    throw conflict(
      served.type,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid}`,
    );
  if (!resourceVersion || resourceVersion === '0') {
    if (strategy.allowUnconditionalUpdate === false)
      throw invalid(served.type, name, [
        invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    return;
  }
  if (resourceVersion !== String(current.revision)) throw conflict(served.type, name);
}
