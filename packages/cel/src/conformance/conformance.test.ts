import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEnvironment } from '../environment/environment.ts';
import { comprehensions } from '../library/comprehensions.ts';
import { listExtensions } from '../library/lists.ts';
import { lazyOptionals, optionals } from '../library/optionals.ts';
import { strings } from '../library/strings.ts';
import { compile } from '../program.ts';
import type { CelType } from '../types/type.ts';
import { typeText } from '../types/type.ts';
import { equal } from '../values/equal.ts';
import { applicableCases, type ConformanceCase } from './case.ts';
import { wireType, wireValue } from './wire-value.ts';

const libraries = [strings, optionals, lazyOptionals, listExtensions, comprehensions];

/** Cases that fail, and why. */
const known = new Map<string, string>([]);

/** Undefined if the case holds, else a description of the failure. */
function failure(one: ConformanceCase): string | undefined {
  const variables: Record<string, CelType> = {};
  for (const { name, ident } of one.typeEnv ?? []) if (ident) variables[name] = wireType(ident.type);
  const environment = createEnvironment({ libraries, variables, container: one.container ?? '' });
  const fails = one.evalError !== undefined || one.anyEvalErrors !== undefined;
  try {
    const program = compile(one.expr, environment, { lenient: one.disableCheck === true });
    const deduced = one.typedResult?.deducedType;
    if (deduced && typeText(program.type) !== typeText(wireType(deduced))) {
      return `has type ${typeText(program.type)} instead of ${typeText(wireType(deduced))}`;
    }
    if (one.checkOnly) return undefined;
    const bindings = Object.entries(one.bindings ?? {}).map(([name, { value }]) => [name, wireValue(value)] as const);
    const { value } = program.evaluate(Object.fromEntries(bindings));
    if (fails) return `does not fail: ${String(value)}`;
    const expected = one.value ?? one.typedResult?.result ?? { boolValue: true };
    const wanted = wireValue(expected);
    const same = equal(value, wanted) || (Number.isNaN(value) && Number.isNaN(wanted));
    return same && typeof value === typeof wanted ? undefined : `is ${String(value)} instead of ${String(wanted)}`;
  } catch (error) {
    return fails && (error as Error).name !== 'TypeError' ? undefined : String(error);
  }
}

describe('The specification of CEL', () => {
  const { cases, leftOut } = applicableCases();

  it(`holds in ${cases.length} cases (${leftOut} concern features that Kubernetes does not have)`, () => {
    const failed = cases.flatMap((one) => {
      const why = failure(one);
      return why === undefined || known.has(one.path) ? [] : [`${one.path}: ${one.expr}: ${why}`];
    });
    assert.equal(failed.length, 0, `${failed.length} of ${cases.length} cases fail:\n${failed.join('\n')}`);
  });

  it('fails only in the cases listed as known', () => {
    const paths = new Map(cases.map((one) => [one.path, one]));
    const mended = [...known.keys()].filter((path) => {
      const one = paths.get(path);
      return one === undefined || failure(one) === undefined;
    });
    assert.deepEqual(mended, []);
  });
});
