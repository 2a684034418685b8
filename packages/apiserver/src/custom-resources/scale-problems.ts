import type { CustomResourceSubresourceScale } from '@typernetes/api/apiextensions/v1';
import { type FieldProblem, goType, goValue, invalidValue, isJsonObject } from '@typernetes/machinery';

const maxReplicas = 2 ** 31 - 1;

/** The values of an object that cannot be read as the replica counts and the selector that its definition declares. */
export function* scaleProblems(object: object, scale: CustomResourceSubresourceScale): Iterable<FieldProblem> {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  for (const path of [specReplicasPath, statusReplicasPath]) yield* sizeProblems(object, path);
  if (!labelSelectorPath) return;
  const { value, problem } = read(object, labelSelectorPath, 'string');
  if (problem !== undefined) yield invalidValue(labelSelectorPath, typeof value === 'string' ? value : '', problem);
}

function* sizeProblems(object: object, path: string): Iterable<FieldProblem> {
  const { value, problem } = read(object, path, 'int64');
  if (problem !== undefined) yield invalidValue(path, 0, problem);
  else if (typeof value !== 'number' && typeof value !== 'bigint') return;
  else if (value < 0) yield invalidValue(path, value, 'should be a non-negative integer');
  else if (value > maxReplicas) yield invalidValue(path, value, `should be less than or equal to ${maxReplicas}`);
}

/** The value at a path; a problem, in upstream's words, if something else is there or on the way. */
function read(
  object: object,
  path: string,
  expected: 'int64' | 'string',
): { readonly value?: unknown; readonly problem?: string } {
  const parts = path.replace(/^\./, '').split('.');
  const misfit = (length: number, value: unknown, wanted: string): string =>
    `.${parts.slice(0, length).join('.')} accessor error: ${goValue(value)} is of the type ${value === null ? '<nil>' : goType(value)}, expected ${wanted}`;
  let at: unknown = object;
  for (const [i, part] of parts.entries()) {
    if (at === null) return {};
    if (!isJsonObject(at)) return { problem: misfit(i + 1, at, 'map[string]interface{}') };
    if (!Object.hasOwn(at, part)) return {};
    at = at[part];
  }
  return at !== null && goType(at) === expected ? { value: at } : { problem: misfit(parts.length, at, expected) };
}
