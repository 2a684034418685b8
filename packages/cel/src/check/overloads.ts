import type { Overload } from '../library/overload.ts';
import { type Substitution, sameType } from '../types/substitution.ts';
import { type CelType, dynType, typeText } from '../types/type.ts';

interface Inferred {
  readonly overloads: readonly Overload[];
  readonly type: CelType;
}

interface Inference {
  readonly substitution: Substitution;
  readonly fresh: () => CelType;
}

/** The overloads that match the arguments, and the type of the call: dyn where they disagree. */
export function inferred(
  overloads: readonly Overload[],
  args: readonly CelType[],
  { substitution, fresh }: Inference,
): Inferred | undefined {
  let found: { overloads: Overload[]; type: CelType } | undefined;
  for (const overload of overloads) {
    if (overload.params.length !== args.length) continue;
    const renamed = new Map<string, CelType>();
    const params = overload.params.map((param) => instance(param, renamed, fresh));
    const result = instance(overload.result, renamed, fresh);
    const trial = substitution.copy();
    if (!args.every((arg, i) => trial.assign(arg, params[i] as CelType))) continue;
    substitution.adopt(trial);
    const type = substitution.resolve(result);
    if (!found) found = { overloads: [overload], type };
    else {
      found.overloads.push(overload);
      if (found.type.kind !== 'dyn' && !sameType(found.type, type)) found.type = dynType;
    }
  }
  return found;
}

/** Gives a type fresh type parameters for each call. */
function instance(type: CelType, renamed: Map<string, CelType>, fresh: () => CelType): CelType {
  if (type.kind === 'param') {
    const known = renamed.get(type.name) ?? fresh();
    renamed.set(type.name, known);
    return known;
  }
  if (type.params.length === 0) return type;
  return { ...type, params: type.params.map((param) => instance(param, renamed, fresh)) };
}

/** `(int, string)`, or `string.(int)` for methods. */
export function callText(args: readonly CelType[], method: boolean): string {
  const shown = args.map(typeText);
  return method ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
}
