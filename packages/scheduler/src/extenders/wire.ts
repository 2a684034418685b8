/** The members of a JSON object by their names in lower case: extenders spell them as they like, as Go's decoder lets them. */
export function members(value: unknown): ReadonlyMap<string, unknown> {
  return maybe(value) ?? new Map();
}

export function maybe(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]));
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
