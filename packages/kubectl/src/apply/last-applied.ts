import { type ApiObject, isJsonObject, type JsonObject } from '@typernetes/machinery';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The user's object with its own text in the last-applied annotation, for comparison by the next apply. */
export function withLastApplied(object: ApiObject): ApiObject {
  const { [lastAppliedAnnotation]: _own, ...annotations } = object.metadata.annotations ?? {};
  const text = writtenText({ ...object, metadata: { ...object.metadata, annotations } });
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } },
  };
}

/** The text of an object for the annotation. */
export function writtenText(object: ApiObject): string {
  return `${JSON.stringify(sortedKeys(object))}\n`;
}

/** The last applied object; undefined if the object was not created by apply. */
export function lastApplied(object: ApiObject): JsonObject | undefined {
  const text = object.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : undefined;
}

/** Sorts the object's members by name, as upstream does for unstructured objects. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}
