/** The fields for field selectors, in addition to the metadata. */
export interface SelectableFields<T> {
  readonly names: readonly string[];
  /** Every field, "" if it is unset. */
  read(object: T): Readonly<Record<string, string>>;
}

/** The fields of an object reference under a prefix: `involvedObject.kind`, ... */
export function referenceFields(
  prefix: string,
  reference: Readonly<Partial<Record<(typeof referenceFieldNames)[number], string>>> | undefined,
): Record<string, string> {
  return Object.fromEntries(referenceFieldNames.map((name) => [`${prefix}.${name}`, reference?.[name] ?? '']));
}

export const referenceFieldNames = [
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
] as const;
