import { schemaOfKind } from '@typernetes/api/schema';
import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  type Applied,
  apiVersionOf,
  applyConfiguration,
  decodeObject,
  type Fields,
  fieldsOfPaths,
  type JsonObject,
  type StructSchema,
  trackUpdate,
} from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import type { ResourceStorage } from './resource-storage.ts';

/** Who writes, through which door. */
export interface Door {
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
    shape = schema ? { schema, blank: custom ? {} : decodeObject({}, schema).object } : null;
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

const writerOf = (storage: ResourceStorage, { manager, subresource, strategy }: Door) => ({
  manager,
  subresource,
  apiVersion: apiVersionOf(storage.served.type),
  now: timestamp(storage.deps.clock.now()),
  resetFields: resetOf(strategy),
});

/** Notes in `next` who owns its fields after a create or update. In place. */
export function trackWrite(storage: ResourceStorage, next: ApiObject, live: ApiObject | undefined, door: Door): void {
  const shape = shapeOf(storage);
  if (!shape) return;
  const states = {
    next: next as unknown as JsonObject,
    live: live as unknown as JsonObject | undefined,
    blank: shape.blank,
  };
  const entries = trackUpdate(states, shape.schema, writerOf(storage, door));
  if (entries) next.metadata.managedFields = entries;
  else delete next.metadata.managedFields;
}

/** Server-side apply: the wanted object, its managedFields included. Throws a Conflict that names who owns what. */
export function applyTo(
  storage: ResourceStorage,
  states: { live: ApiObject | undefined; config: JsonObject },
  { force, ...door }: Door & { force: boolean },
): JsonObject {
  const shape = shapeOf(storage);
  if (!shape) return { ...states.live, ...states.config };
  const { object, managedFields }: Applied = applyConfiguration(
    { live: states.live as unknown as JsonObject | undefined, config: states.config, blank: shape.blank },
    shape.schema,
    { ...writerOf(storage, door), force },
  );
  const metadata = { ...(object.metadata as JsonObject | undefined) };
  if (managedFields) metadata.managedFields = managedFields;
  return { ...object, metadata };
}
