import type { StatusError } from '@typernetes/machinery';
import { lineOfField } from './field-line.ts';
import type { YamlProblem } from './text.ts';

/** What the server has against a manifest, each at the line of its field. `line` is where the document begins, from 1. */
export function problemsAt({ details, message }: StatusError, yaml: string, line = 1): YamlProblem[] {
  const at = (field: string): number => line - 1 + lineOfField(yaml, field);
  const causes = (details?.causes ?? []).filter(({ field }) => field !== undefined && field !== '');
  if (causes.length > 0)
    return causes.map((cause) => ({ message: `${cause.field}: ${cause.message}`, line: at(cause.field ?? '') }));
  // Strict decoding tells of fields in its message only.
  const fields = [...message.matchAll(/(?:unknown|duplicate) field "([^"]+)"/g)];
  if (fields.length > 0) return fields.map(([whole, field = '']) => ({ message: whole, line: at(field) }));
  return [{ message, line: 0 }];
}
