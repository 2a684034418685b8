import type { Overload } from '../library/overload.ts';
import { sizeOf } from '../library/size.ts';
import { equal } from '../values/equal.ts';
import { indexed, noSuchOverload } from '../values/lookup.ts';
import { hasType } from '../values/type-of.ts';
import { CelError, CelOptional, type CelValue } from '../values/value.ts';
import type { Frame, Step } from './frame.ts';

/** Operators that do not evaluate all their operands, or that can go on after an error in one. */
const special: Readonly<Record<string, (args: readonly Step[]) => Step>> = {
  '_&&_': (args) => logic(args, false),
  '_||_': (args) => logic(args, true),
  '_?_:_': ([condition, yes, no]) => {
    return (frame) => {
      const value = condition?.(frame);
      if (typeof value !== 'boolean') throw noSuchOverload();
      return (value ? yes : no)?.(frame) ?? null;
    };
  },
  '@not_strictly_false': ([operand]) => {
    return (frame) => {
      frame.spend(1);
      try {
        return operand?.(frame) !== false;
      } catch (error) {
        if (error instanceof CelError) return true;
        throw error;
      }
    };
  },
  // Whole numbers of any type work as indexes.
  '_[_]': ([operand, key]) => {
    return (frame) => {
      const value = indexed(operand?.(frame) ?? null, key?.(frame) ?? null);
      frame.spend(1);
      return value;
    };
  },
  '_==_': ([left, right]) => equality(left as Step, right as Step, true),
  '_!=_': ([left, right]) => equality(left as Step, right as Step, false),
};

/** The deciding value wins even over an error on the other side. */
function logic([left, right]: readonly Step[], deciding: boolean): Step {
  return (frame) => {
    let failure: CelError | undefined;
    try {
      const value = left?.(frame);
      if (value === deciding) return deciding;
      if (typeof value !== 'boolean') failure = noSuchOverload();
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      failure = error;
    }
    const value = right?.(frame);
    if (value === deciding) return deciding;
    if (failure) throw failure;
    if (typeof value !== 'boolean') throw noSuchOverload();
    return value;
  };
}

function equality(left: Step, right: Step, wanted: boolean): Step {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    frame.spend(Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * 0.1));
    return equal(a, b) === wanted;
  };
}

/** `a.orValue(b)` and `a.or(b)` evaluate b only if a is empty. */
function alternative(name: string, [target, other]: readonly Step[]): Step {
  return (frame) => {
    const value = target?.(frame);
    if (!(value instanceof CelOptional)) throw noSuchOverload();
    if (value.content !== undefined) return name === 'or' ? value : value.content;
    return other?.(frame) ?? null;
  };
}

const isOperator = (name: string): boolean => /[_@!]/.test(name);

export function callStep(name: string, overloads: readonly Overload[], args: readonly Step[]): Step {
  const made = special[name];
  if (made) return made(args);
  if ((name === 'orValue' || name === 'or') && args.length === 2) return alternative(name, args);
  const fitting = overloads.filter((overload) => overload.params.length === args.length);
  const choose = (values: readonly CelValue[]): Overload => {
    for (const overload of fitting) {
      if (overload.params.every((param, i) => hasType(values[i] as CelValue, param))) return overload;
    }
    throw isOperator(name) ? noSuchOverload() : new CelError(`no such overload: ${name}`);
  };
  const [first, second] = args;
  if (args.length === 2 && first && second) {
    return (frame) => {
      const values = [first(frame), second(frame)];
      return called(choose(values), values, frame);
    };
  }
  return (frame) => {
    const values = args.map((arg) => arg(frame));
    return called(choose(values), values, frame);
  };
}

function called(overload: Overload, values: readonly CelValue[], frame: Frame): CelValue {
  const result = overload.call(...(values as never[]));
  frame.spend(overload.cost ? overload.cost(values, result) : 1);
  return result;
}
