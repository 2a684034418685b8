import { accumulatorName, type ComprehensionExpr, type Expr } from './ast.ts';

interface MacroCall {
  readonly name: string;
  readonly at: number;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Whether `cel.bind` is a macro. */
  readonly bindings?: boolean;
  readonly fail: (at: number, message: string) => never;
}

const constant = (at: number, value: boolean | bigint): Expr => ({ kind: 'const', at, value });
const ident = (at: number, name: string): Expr => ({ kind: 'ident', at, name });
const call = (at: number, name: string, args: readonly Expr[]): Expr => ({
  kind: 'call',
  at,
  name,
  target: undefined,
  args,
});
const list = (at: number, ...values: Expr[]): Expr => ({
  kind: 'list',
  at,
  elements: values.map((value) => ({ value, optional: false })),
});

type Fold = Pick<ComprehensionExpr, 'init' | 'condition' | 'step' | 'result'>;

/** The expansion of a macro call; undefined for other calls. */
export function macroFor(macro: MacroCall): Expr | undefined {
  const { name, at, target, args, fail } = macro;
  if (target === undefined) {
    if (name !== 'has' || args.length !== 1) return undefined;
    const [field] = args as [Expr];
    return field.kind === 'select' && !field.testOnly
      ? { ...field, testOnly: true }
      : fail(at, 'invalid argument to has() macro');
  }
  if (macro.bindings && name === 'bind' && args.length === 3 && target.kind === 'ident' && target.name === 'cel')
    return bindMacro(macro);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) return optionalMacro(macro, target);
  if (name === 'sortBy' && args.length === 2) return sortByMacro(macro, target);
  const two = twoVariable(macro);
  const variables = two ?? oneVariable(macro);
  if (!variables) return undefined;
  const names = variables.names.map((variable) => {
    if (variable.kind !== 'ident') return fail(variable.at, 'argument must be a simple name');
    if (variable.name === accumulatorName || variable.name === '__result__') {
      return fail(variable.at, 'iteration variable overwrites accumulator variable');
    }
    return variable.name;
  });
  if (names.length === 2 && names[0] === names[1]) {
    return fail(variables.names[1]?.at ?? at, `duplicate variable name: ${names[0]}`);
  }
  const [variable = '', secondVariable] = names;
  return {
    kind: 'comprehension',
    at,
    range: target,
    variable,
    secondVariable,
    accumulator: accumulatorName,
    ...variables.fold,
  };
}

interface Folding {
  readonly names: readonly Expr[];
  readonly fold: Fold;
}

function quantifier(at: number, name: string, test: Expr): Fold | undefined {
  const result = ident(at, accumulatorName);
  switch (name) {
    case 'all':
      return {
        init: constant(at, true),
        condition: call(at, '@not_strictly_false', [result]),
        step: call(at, '_&&_', [result, test]),
        result,
      };
    case 'exists':
      return {
        init: constant(at, false),
        condition: call(at, '@not_strictly_false', [call(at, '!_', [result])]),
        step: call(at, '_||_', [result, test]),
        result,
      };
    case 'exists_one':
    case 'existsOne':
      return {
        init: constant(at, 0n),
        condition: constant(at, true),
        step: call(at, '_?_:_', [test, call(at, '_+_', [result, constant(at, 1n)]), result]),
        result: call(at, '_==_', [result, constant(at, 1n)]),
      };
    default:
      return undefined;
  }
}

/** A fold that adds `added` to a list or map for each item that passes `test`, if there is one. */
function growing({ at, empty, added, test }: { at: number; empty: Expr; added: Expr; test: Expr | undefined }): Fold {
  const result = ident(at, accumulatorName);
  return {
    init: empty,
    condition: constant(at, true),
    step: test ? call(at, '_?_:_', [test, added, result]) : added,
    result,
  };
}

function oneVariable({ name, at, args }: MacroCall): Folding | undefined {
  const [variable, second, third] = args;
  if (!variable || !second) return undefined;
  const appended = (item: Expr): Expr => call(at, '_+_', [ident(at, accumulatorName), list(at, item)]);
  const empty = list(at);
  if (name === 'map' && args.length === 2) {
    return { names: [variable], fold: growing({ at, empty, added: appended(second), test: undefined }) };
  }
  if (name === 'map' && args.length === 3 && third) {
    return { names: [variable], fold: growing({ at, empty, added: appended(third), test: second }) };
  }
  if (name === 'filter' && args.length === 2) {
    return { names: [variable], fold: growing({ at, empty, added: appended(variable), test: second }) };
  }
  const fold = args.length === 2 ? quantifier(at, name, second) : undefined;
  return fold && { names: [variable], fold };
}

function twoVariable({ name, at, args }: MacroCall): Folding | undefined {
  const [first, second, third, fourth] = args;
  if (!first || !second || !third || args.length > 4) return undefined;
  const names = [first, second];
  const test = fourth ? third : undefined;
  const value = fourth ?? third;
  const result = ident(at, accumulatorName);
  if (name === 'transformList') {
    const added = call(at, '_+_', [result, list(at, value)]);
    return { names, fold: growing({ at, empty: list(at), added, test }) };
  }
  const empty: Expr = { kind: 'map', at, entries: [] };
  if (name === 'transformMap') {
    const added = call(at, 'cel.@mapInsert', [result, first, value]);
    return { names, fold: growing({ at, empty, added, test }) };
  }
  if (name === 'transformMapEntry') {
    return { names, fold: growing({ at, empty, added: call(at, 'cel.@mapInsert', [result, value]), test }) };
  }
  const fold = args.length === 3 ? quantifier(at, name, third) : undefined;
  return fold && { names, fold };
}

/** Binds a name to a value: a fold over nothing whose accumulator has that name. */
function bound(at: number, { name, value, result }: { name: string; value: Expr; result: Expr }): Expr {
  return {
    kind: 'comprehension',
    at,
    range: list(at),
    variable: '#unused',
    secondVariable: undefined,
    accumulator: name,
    init: value,
    condition: constant(at, false),
    step: ident(at, name),
    result,
  };
}

function optionalMacro({ name, at, args, fail }: MacroCall, target: Expr): Expr {
  const [variable, value] = args as [Expr, Expr];
  if (variable.kind !== 'ident') {
    return fail(variable.at, `${name}() variable name must be a simple identifier`);
  }
  const present: Expr = { kind: 'call', at, name: 'hasValue', target, args: [] };
  const content: Expr = { kind: 'call', at, name: 'value', target, args: [] };
  const inner = bound(at, { name: variable.name, value: content, result: value });
  const some = name === 'optMap' ? call(at, 'optional.of', [inner]) : inner;
  return call(at, '_?_:_', [present, some, call(at, 'optional.none', [])]);
}

/** `cel.bind(name, value, result)`: the value is computed once. */
function bindMacro({ at, args, fail }: MacroCall): Expr {
  const [variable, value, result] = args as [Expr, Expr, Expr];
  if (variable.kind !== 'ident') return fail(variable.at, 'cel.bind() variable names must be simple identifiers');
  return bound(at, { name: variable.name, value, result });
}

function sortByMacro({ at, args, fail }: MacroCall, target: Expr): Expr {
  const [variable, key] = args as [Expr, Expr];
  if (variable.kind !== 'ident') return fail(variable.at, 'sortBy variable name must be a simple identifier');
  const name = '@__sortBy_input__';
  const input = ident(at, name);
  const keys = macroFor({ name: 'map', at, target: input, args: [variable, key], fail }) as Expr;
  const sorted: Expr = { kind: 'call', at, name: '@sortByAssociatedKeys', target: input, args: [keys] };
  return bound(at, { name, value: target, result: sorted });
}
