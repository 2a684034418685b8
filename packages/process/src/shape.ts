import { parseDuration } from './flags.ts';

/**
 * The shape of a document, for strict decoding. `duration` is Go's text form, `any` is not checked. A field that is not
 * in `fields` is an error.
 */
export type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/** The problems with a document, in upstream's words for strict decoding: `unknown field "a.b[0].c"`. */
export function shapeProblems(value: unknown, shape: Shape, path = ''): string[] {
  if (value === null || value === undefined || shape === 'any') return [];
  if (typeof shape === 'string') {
    const wanted = shape === 'duration' ? 'string' : shape;
    if (typeof value !== wanted) return [`${path}: expected ${wanted}, got ${JSON.stringify(value)}`];
    const isWrong = shape === 'duration' && parseDuration(value as string) === undefined;
    return isWrong ? [`${path}: time: invalid duration ${JSON.stringify(value)}`] : [];
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${path}: expected a list, got ${JSON.stringify(value)}`];
    return value.flatMap((item, i) => shapeProblems(item, shape.list, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    return [`${path || 'document'}: expected an object, got ${JSON.stringify(value)}`];
  }
  return Object.entries(value).flatMap(([key, item]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if ('map' in shape) return shapeProblems(item, shape.map, at);
    const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    return field ? shapeProblems(item, field, at) : [`unknown field "${at}"`];
  });
}
