import { type ApiObject, isJsonObject, type JsonObject } from '@typernetes/machinery';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as the user wrote it, with that very text in its annotation: what the next apply compares with. */
export function withLastApplied(object: ApiObject): ApiObject {
  const { [lastAppliedAnnotation]: _own, ...annotations } = object.metadata.annotations ?? {};
  const text = writtenText({ ...object, metadata: { ...object.metadata, annotations } });
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } },
  };
}

/** The text of an object as it stands in the annotation. */
export function writtenText(object: ApiObject): string {
  return `${JSON.stringify(sortedKeys(object))}\n`;
}

/** What was applied last, or undefined when the object was not made by apply. */
export function lastApplied(object: ApiObject): JsonObject | undefined {
  const text = object.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : undefined;
}

/** With its members in the order of their names, as upstream writes objects of any kind. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}
