import { messageOf } from '@typernetes/base';
import { decodeObject, type JsonObject, memberSchema, type Schema, type StructSchema } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';

/**
 * Reads the partial container of `--custom`, JSON or YAML, into the form of a container: fields that it does not have are left out, and numbers and
 * booleans of YAML are text where text belongs, as sigs.k8s.io/yaml has it. `path` is for messages. Throws upstream's errors.
 */
export async function customContainer(text: string, path: string): Promise<JsonObject> {
  const schema = await containerSchema();
  try {
    const document = decodeDocument(text, { lastWins: true }) ?? {};
    return decodeObject(withTexts(document, schema), schema).object;
  } catch (error) {
    const why = messageOf(error);
    const decoding = why.startsWith('json: ') ? 'error unmarshaling JSON: while decoding JSON: ' : '';
    throw new Error(`${path} does not contain a valid container spec: ${decoding}${why}`);
  }
}

/** Throws if a custom profile changes what it may not. */
export function checkCustom(custom: JsonObject | undefined): void {
  if (!custom) return;
  const { name, image, command, volumeDevices, lifecycle } = custom as {
    name?: string;
    image?: string;
    command?: readonly string[];
    volumeDevices?: readonly unknown[];
    lifecycle?: object;
  };
  if (name || image || command?.length || volumeDevices?.length || lifecycle)
    throw new Error('name, command, image, lifecycle and volume devices are not modifiable via custom profile');
}

/** The schema of a container in a pod. */
export async function containerSchema(): Promise<StructSchema> {
  const { schemaOfKind } = await import('@typernetes/api/schema');
  const pod = schemaOfKind({ group: '', version: 'v1', kind: 'Pod' });
  const spec = pod && memberSchema(pod, 'spec');
  const list = spec && memberSchema(spec, 'containers');
  if (list?.kind !== 'list' || list.items.kind !== 'struct') throw new Error('unable to find the schema of containers');
  return list.items;
}

/** Plain values as text where the schema wants that. */
function withTexts(value: unknown, schema: Schema | undefined): unknown {
  if (schema === undefined || value === null) return value;
  if (Array.isArray(value)) return schema.kind === 'list' ? value.map((item) => withTexts(item, schema.items)) : value;
  if (typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, withTexts(member, memberSchema(schema, name))]),
    );
  const isText = schema.kind === 'scalar' && schema.type === 'string';
  return isText && (typeof value === 'number' || typeof value === 'boolean') ? String(value) : value;
}
