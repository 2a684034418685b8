/** An own copy of a JSON value. For values of a request's size many times faster than structuredClone, which serializes. */
export function jsonCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonCopy) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = jsonCopy((value as Record<string, unknown>)[key]);
    // A plain assignment to this one would set the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: member, ...ordinary });
    else copy[key] = member;
  }
  return copy as T;
}

const ordinary = { enumerable: true, configurable: true, writable: true };
