import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FieldProblem, type JsonObject, problemText } from '@typernetes/machinery';

/** A rule: the member of a valid object to change, its new value (undefined removes it), and the resulting problem. */
export type Case = readonly [path: string, value: unknown, problem: string];

type Check = (next: never, current: never) => FieldProblem[];

/** A copy of `object` with one member set, at a path such as `spec.containers[0].name`. */
function withMember(object: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(object);
  const steps = path.split(/\.|\[(\d+)\]\.?/).filter((step) => step !== undefined && step !== '');
  const last = steps.pop() ?? '';
  let at = copy as Record<string, unknown>;
  for (const step of steps) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

export function holds(
  name: string,
  valid: JsonObject,
  check: (next: JsonObject) => FieldProblem[],
  cases: readonly Case[],
): void {
  test(name, () => {
    assert.deepEqual(check(valid).map(problemText), []);
    const wrong = cases.flatMap(([path, value, problem]) => {
      const found = check(withMember(valid, path, value)).map(problemText);
      return found.some((text) => text.startsWith(problem)) ? [] : [{ path, value, problem, found }];
    });
    assert.deepEqual(wrong, []);
  });
}

export const on = (check: unknown) => (next: JsonObject) => (check as Check)(next as never, next as never);
/** An update of the valid object. */
export const after = (check: unknown, current: JsonObject) => (next: JsonObject) =>
  (check as Check)(next as never, current as never);
export const required = (path: string, detail = '') => `${path}: Required value${detail && `: ${detail}`}`;
export const forbidden = (path: string, detail: string) => `${path}: Forbidden: ${detail}`;
export const invalid = (path: string, shown: string, detail: string) => `${path}: Invalid value: ${shown}: ${detail}`;
export const unsupported = (path: string, shown: string, supported: string) =>
  `${path}: Unsupported value: ${shown}: supported values: ${supported}`;

export const container = {
  name: 'main',
  image: 'web',
  imagePullPolicy: 'Always',
  terminationMessagePolicy: 'File',
};
export const podSpec = {
  containers: [container],
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  terminationGracePeriodSeconds: 30,
};
