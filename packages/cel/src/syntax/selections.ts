import type { Environment } from '../environment/environment.ts';
import type { Expr } from './ast.ts';
import { parse } from './parser.ts';

/** Whether an expression reads a field of a variable anywhere: `claims.email`, `claims.?email`, `has(claims.email)`. Throws as compiling does. */
export function selectsField(
  source: string,
  environment: Pick<Environment, 'bindings'>,
  { variable, field }: { readonly variable: string; readonly field: string },
): boolean {
  const isVariable = (expr: Expr | undefined): boolean => expr?.kind === 'ident' && expr.name === variable;
  const isSelection = (expr: Expr): boolean => {
    if (expr.kind === 'select') return isVariable(expr.operand) && expr.field === field;
    if (expr.kind !== 'call' || expr.name !== '_?._') return false;
    const [operand, name] = expr.args;
    return isVariable(operand) && name?.kind === 'const' && name.value === field;
  };
  const reads = (expr: Expr): boolean => isSelection(expr) || partsOf(expr).some(reads);
  return reads(parse(source, environment.bindings));
}

function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args;
    case 'list':
      return expr.elements.map(({ value }) => value);
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result];
  }
}
