import { randomUUID } from 'node:crypto';
import { applyDefaults } from '@typernetes/api/defaults';
import { validateObjectMeta } from '@typernetes/api/validation';
import {
  type ApiObject,
  alreadyExists,
  generatedNameTaken,
  invalid,
  jsonCopy,
  StatusError,
} from '@typernetes/machinery';
import { type Claim, checkedType } from '../registry/served-resource.ts';
import { admissionRequest } from './admission-request.ts';
import { validateAdmission } from './admit.ts';
import { admitTracked } from './admit-tracked.ts';
import { dropGatedFields } from './gated-fields.ts';
import { gatedValueProblems } from './gated-values.ts';
import { trackWrite } from './managed-fields.ts';
import { checkNamespace, fillNewMeta, metaRules } from './object-meta.ts';
import type { ResourceStorage, Written } from './resource-storage.ts';
import { singleOwners } from './single-owners.ts';
import type { WriteOptions } from './write-options.ts';

/** How many generated names are tried while they are taken. */
const nameAttempts = 8;

/** Creates an object. `object` is changed in place: the caller must not use it afterwards. */
export async function createObject(
  storage: ResourceStorage,
  object: ApiObject,
  options: WriteOptions & { namespace: string },
): Promise<Written> {
  const { served, deps } = storage;
  const { type, strategy } = served;
  checkNamespace(object, options.namespace);
  const givenRevision = object.metadata.resourceVersion;
  const generates = !object.metadata.name && object.metadata.generateName !== undefined;
  const draft = generates ? jsonCopy(object) : undefined;
  for (let attempt = 1; ; attempt++) {
    const next = attempt === 1 ? object : jsonCopy(draft as ApiObject);
    fillNewMeta(next, {
      namespace: type.namespaced ? options.namespace : '',
      now: deps.clock.now(),
      uid: randomUUID(),
      random: deps.random,
      keepsGeneration: strategy.keepsGeneration ?? false,
    });
    const key = storage.keyOf(options.namespace, next.metadata.name);
    const claim = await prepareNew(storage, next, options);
    try {
      if (options.dryRun) {
        await deps.feed.untilCurrent();
        if (storage.cache.get(key)) throw await nameTaken(storage, key, next);
        await claim?.revert();
        return { object: storage.form.inOrder?.(next) ?? next, cached: undefined };
      }
      if (Number(givenRevision) > 0)
        throw new StatusError('Unknown', 'resourceVersion should not be set on objects to be created');
      const cached = await storage.insert(key, next);
      if (cached) {
        await claim?.commit();
        return { object: next, cached };
      }
      if (!generates || attempt === nameAttempts) throw await nameTaken(storage, key, next);
      await claim?.revert();
    } catch (error) {
      await claim?.revert(error);
      throw error;
    }
  }
}

/**
 * Why a name cannot be had. As upstream (registry/generic/registry/store.go), whoever gives a prefix hears that it made
 * no free name, even beside a name, and whoever comes before the old object has gone hears that it is going.
 */
async function nameTaken(storage: ResourceStorage, key: string, { metadata }: ApiObject): Promise<StatusError> {
  const { type } = storage.served;
  const error = (metadata.generateName ? generatedNameTaken : alreadyExists)(type, metadata.name);
  await storage.deps.feed.untilCurrent();
  if (!storage.cache.get(key)?.object.metadata.deletionTimestamp) return error;
  const { details } = error;
  return new StatusError(error.reason, `object is being deleted: ${error.message}`, details ? { details } : {});
}

/**
 * Everything between decoding and the store: defaults, field ownership, mutating admission, strategy, allocation, validation, validating
 * admission. Returns the claim of the allocator, to be committed or reverted. The writer owns the fields it has set and their defaults; as
 * upstream, nobody owns what admission, the strategy and allocators add afterwards.
 */
export async function prepareNew(
  storage: ResourceStorage,
  next: ApiObject,
  options: WriteOptions & { namespace: string },
): Promise<Claim | undefined> {
  const { served, deps } = storage;
  const { type, strategy } = served;
  if (served.shape) served.shape.applyDefaults(next);
  else applyDefaults(type, next);
  strategy.normalize?.(next);
  const { warnings } = options.context;
  if (!options.fieldsApplied) {
    singleOwners(next.metadata, { warnings, isAdmitted: false });
    const tracking = trackWrite(storage, next, undefined, { manager: options.fieldManager, subresource: '', strategy });
    if (tracking) await tracking;
  }
  const request = admissionRequest(storage, options, { operation: 'CREATE', object: next, oldObject: undefined });
  const admitting = admitTracked(deps.admission, request, warnings);
  if (admitting) await admitting;
  singleOwners(next.metadata, { warnings, isAdmitted: true });
  const allocator = served.allocator && deps.allocators[served.allocator];
  const strategyContext = storage.strategyContext(options.context);
  dropGatedFields(type, { next, current: undefined }, strategyContext.featureEnabled);
  // A missing name is reported by the validation below, with all other problems.
  next.metadata.name ??= '';
  strategy.prepareForCreate?.(next, strategyContext);
  const claim = await allocator?.claim(next, undefined, options);
  try {
    const problems = [
      ...validateObjectMeta(next.metadata, metaRules(served)),
      ...(strategy.validate?.(next, strategyContext) ?? []),
      ...gatedValueProblems(type, { next, current: undefined }, strategyContext.featureEnabled),
    ];
    if (problems.length > 0) throw invalid(checkedType(served), next.metadata.name ?? '', problems);
    for (const warning of strategy.warningsOnCreate?.(next) ?? []) warnings.add(warning);
    const validating = validateAdmission(deps.admission, request);
    if (validating) await validating;
    storage.form.settle?.(next);
  } catch (error) {
    await claim?.revert(error);
    throw error;
  }
  return claim;
}
