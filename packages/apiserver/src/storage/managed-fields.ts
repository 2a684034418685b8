import { schemaOfKind } from '@typernetes/api/schema';
import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  type Applied,
  apiVersionOf,
  applyAcrossVersions,
  applyConfiguration,
  changesIn,
  decodeObject,
  entriesBefore,
  type Fields,
  fieldsOfPaths,
  type JsonObject,
  type ManagedFieldsEntry,
  otherVersions,
  type StructSchema,
  trackUpdate,
  type UpdateStates,
  type Writer,
} from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import { kindVersionsOf } from './kind-versions.ts';
import type { ResourceStorage } from './resource-storage.ts';

/** The field manager, and the kind of its write. */
interface Door {
  readonly manager: string;
  readonly subresource: string;
  readonly strategy: Strategy;
}

interface Shape {
  readonly schema: StructSchema;
  readonly blank: JsonObject;
}

const shapes = new WeakMap<ResourceStorage, Shape | null>();
const resets = new WeakMap<Strategy, Fields>();

/** Undefined for kinds without a schema, whose fields nobody owns. */
function shapeOf(storage: ResourceStorage): Shape | undefined {
  let shape = shapes.get(storage);
  if (shape === undefined) {
    const custom = storage.served.shape;
    const schema = custom ? custom.fields : schemaOfKind(storage.served.type);
    shape = schema ? { schema, blank: custom ? { metadata: {} } : decodeObject({}, schema).object } : null;
    shapes.set(storage, shape);
  }
  return shape ?? undefined;
}

function resetOf(strategy: Strategy): Fields {
  let fields = resets.get(strategy);
  if (!fields) {
    fields = fieldsOfPaths(strategy.resetFields ?? []);
    resets.set(strategy, fields);
  }
  return fields;
}

const writerOf = (storage: ResourceStorage, { manager, subresource, strategy }: Door): Writer => ({
  manager,
  subresource,
  apiVersion: apiVersionOf(storage.served.type),
  now: timestamp(storage.deps.clock.now()),
  resetFields: resetOf(strategy),
  schemaChanges: storage.served.shape !== undefined,
});

/**
 * Records in `next` who owns its fields after a create or update. In place; synchronous, unless managers of other
 * versions must be converted.
 */
export function trackWrite(
  storage: ResourceStorage,
  next: ApiObject,
  live: ApiObject | undefined,
  door: Door,
): Promise<void> | undefined {
  const shape = shapeOf(storage);
  if (!shape) return;
  const states = {
    next: next as unknown as JsonObject,
    live: live as unknown as JsonObject | undefined,
    blank: shape.blank,
  };
  const writer = writerOf(storage, door);
  const others = otherVersions(entriesBefore(states), writer.apiVersion);
  if (others.length > 0) return trackAcrossVersions(storage, { states, shape, writer, others });
  setManagedFields(next, trackUpdate(states, shape.schema, writer));
  return undefined;
}

interface Tracking {
  readonly states: UpdateStates;
  readonly shape: Shape;
  readonly writer: Writer;
  readonly others: readonly string[];
}

async function trackAcrossVersions(
  storage: ResourceStorage,
  { states, shape, writer, others }: Tracking,
): Promise<void> {
  const next = states.next as unknown as ApiObject;
  try {
    const change = { before: states.live, after: states.next, without: writer.resetFields };
    const elsewhere = await changesIn(others, change, kindVersionsOf(storage.served));
    setManagedFields(next, trackUpdate(states, shape.schema, writer, elsewhere));
  } catch (error) {
    // As upstream, a write does not fail because of managers: they stay as they were.
    storage.deps.log.error('Cannot update managed fields', error, { name: next.metadata.name });
    setManagedFields(next, (states.live as ApiObject | undefined)?.metadata.managedFields);
  }
}

function setManagedFields({ metadata }: ApiObject, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries) metadata.managedFields = entries;
  else delete metadata.managedFields;
}

/** Server-side apply: the wanted object, its managedFields included. Throws a Conflict that names who owns what. */
export function applyTo(
  storage: ResourceStorage,
  { live, config }: { live: ApiObject | undefined; config: JsonObject },
  { force, ...door }: Door & { force: boolean },
): JsonObject | Promise<JsonObject> {
  const shape = shapeOf(storage);
  if (!shape) return { ...live, ...config };
  const { schema, blank } = shape;
  const states = { live: live as unknown as JsonObject | undefined, config, blank };
  const applier = { ...writerOf(storage, door), force };
  if (otherVersions(live?.metadata.managedFields, applier.apiVersion).length === 0)
    return withManagers(applyConfiguration(states, schema, applier));
  const versions = kindVersionsOf(storage.served);
  return applyAcrossVersions(states, schema, { ...applier, versions }).then(withManagers);
}

function withManagers({ object, managedFields }: Applied): JsonObject {
  const metadata = { ...(object.metadata as JsonObject | undefined) };
  if (managedFields) metadata.managedFields = managedFields;
  return { ...object, metadata };
}
