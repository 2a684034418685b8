import type { Checked } from '../check/checker.ts';
import type { Environment } from '../environment/environment.ts';
import { sizeOf } from '../library/size.ts';
import { accumulatorName, type CallExpr, type ComprehensionExpr, type Expr, type SelectExpr } from '../syntax/ast.ts';
import type { DeclaredType } from '../types/declared-type.ts';
import { type CelType, dynType, isOptional } from '../types/type.ts';
import { callCost, type Operand } from './call-costs.ts';
import { exactly, nothing, one, product, type Range, sum, union, unknown } from './range.ts';

/**
 * Where a value comes from: the variable, then fields, `@items`, `@keys`, `@values`. As upstream does, an iterated
 * value that does not come from a variable gets a path of one step, and counts as large as the variable itself.
 */
type Path = readonly string[];

/** The sizes of the contents of a list or map. */
interface Contents {
  readonly of: 'list' | 'map';
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: Path;
  readonly size: Range | undefined;
  readonly contents: Contents | undefined;
}

/** The estimated cost of a checked expression, in upstream's units, from the sizes that its variables declare. */
export function estimatedCost(expr: Expr, checked: Checked, environment: Environment): Range {
  return new Estimator(checked, environment).cost(expr);
}

class Estimator {
  readonly #checked: Checked;
  readonly #root: DeclaredType | undefined;
  readonly #paths = new Map<Expr, Path>();
  readonly #sizes = new Map<Expr, Range>();
  readonly #contents = new Map<Expr, Contents>();
  readonly #locals = new Map<string, Local[]>();

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked;
    this.#root = environment.variables.values().next().value;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'const':
        return nothing;
      case 'ident':
        this.#paths.set(expr, this.#local(expr)?.path ?? [expr.name]);
        return one;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#made(expr, { of: 'list', keys: [], values: expr.elements.map(({ value }) => value), base: 10 });
      case 'map': {
        const [keys, values] = [expr.entries.map(({ key }) => key), expr.entries.map(({ value }) => value)];
        return this.#made(expr, { of: 'map', keys, values, base: 30 });
      }
      case 'struct':
        return expr.fields.reduce((total, { value }) => sum(total, this.cost(value)), exactly(40));
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#fold(expr);
    }
  }

  #made(
    expr: Expr,
    { of, keys, values, base }: { of: Contents['of']; keys: readonly Expr[]; values: readonly Expr[]; base: number },
  ): Range {
    const parts = [...keys, ...values].reduce((total, part) => sum(total, this.cost(part)), exactly(base));
    const together = (all: readonly Expr[]): Range =>
      all.map((part) => this.#sizeOr(part)).reduce(union, all.length ? least : nothing);
    this.#contents.set(expr, { of, key: of === 'list' ? one : together(keys), value: together(values) });
    return parts;
  }

  #select(expr: SelectExpr): Range {
    const reference = this.#checked.references.get(expr);
    if (reference?.kind === 'variable') {
      this.#paths.set(expr, [reference.name]);
      return one;
    }
    const operand = this.cost(expr.operand);
    if (expr.testOnly) return operand;
    this.#paths.set(expr, [...this.#path(expr.operand), expr.field]);
    const { kind } = this.#type(expr.operand);
    return kind === 'map' || kind === 'object' || kind === 'param' ? sum(operand, one) : operand;
  }

  #call(expr: CallExpr): Range {
    const { name, args } = expr;
    const [first, second, third] = args;
    if (name === 'dyn' && first) {
      const cost = sum(one, this.cost(first));
      this.#copySizes(expr, first);
      return cost;
    }
    const reference = this.#checked.references.get(expr);
    const found = reference?.kind === 'overloads' ? reference : undefined;
    const parts = expr.target && !found?.namespaced ? [expr.target, ...args] : args;
    const costs = parts.map((part) => this.cost(part));
    if (name === '_&&_' || name === '_||_') {
      const [left = nothing, right = nothing] = costs;
      return { min: left.min, max: sum(left, right).max };
    }
    if (name === '_?_:_' && first && second && third) {
      const [asked = nothing, yes = nothing, no = nothing] = costs;
      this.#sizes.set(expr, union(this.#sizeOr(second), this.#sizeOr(third)));
      this.#keepCommon(expr, second, third);
      return sum(asked, union(yes, no));
    }
    const before = costs.reduce(sum, nothing);
    if (!found || found.overloads.length === 0) return sum(before, one);
    const operands = parts.map((part) => this.#operand(part));
    let cost: Range | undefined;
    let size: Range | undefined;
    for (const overload of found.overloads) {
      const estimate = callCost({ overload, operands });
      cost = cost ? union(cost, estimate.cost) : estimate.cost;
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size;
      if (name === '_[_]' && first) size = this.#indexed(expr, first, overload.params[0]?.kind);
      size ??= this.#size(expr);
    }
    if (name === '_+_' && first && second) this.#keepCommon(expr, first, second);
    if (size) this.#sizes.set(expr, size);
    return sum(before, cost ?? one);
  }

  #indexed(expr: Expr, from: Expr, kind: CelType['kind'] | undefined): Range | undefined {
    if (kind !== 'list' && kind !== 'map') return undefined;
    this.#paths.set(expr, [...this.#path(from), kind === 'list' ? '@items' : '@values']);
    return this.#contentsOf(from)?.value;
  }

  #fold(expr: ComprehensionExpr): Range {
    const before = sum(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accumulator, this.#bound(expr.init));
    if (expr.secondVariable === undefined) this.#push(expr.variable, this.#iterated(expr.range, 'only'));
    else {
      this.#push(expr.variable, this.#iterated(expr.range, 'key'));
      this.#push(expr.secondVariable, this.#iterated(expr.range, 'value'));
    }
    const each = sum(this.cost(expr.condition), this.cost(expr.step));
    this.#pop(expr.variable);
    if (expr.secondVariable !== undefined) this.#pop(expr.secondVariable);
    const result = this.cost(expr.result);
    this.#pop(expr.accumulator);
    const count = this.#sizeOr(expr.range);
    if (expr.init.kind === 'const') {
      const size = this.#size(expr.init);
      if (size) this.#sizes.set(expr, size);
    } else if (expr.init.kind === 'list' || expr.init.kind === 'map') {
      this.#sizes.set(expr, count);
      const contents = this.#contentsOf(expr.step);
      if (contents) this.#contents.set(expr, contents);
    }
    return sum(sum(before, result), product(count, each));
  }

  /** A binding folds over an empty list; building that list is counted. */
  #binding(expr: ComprehensionExpr): Range {
    const before = sum(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accumulator, this.#bound(expr.init));
    const result = this.cost(expr.result);
    this.#pop(expr.accumulator);
    this.#copySizes(expr, expr.result);
    return sum(before, result);
  }

  #bound(value: Expr): Local {
    return { path: this.#path(value), size: this.#size(value), contents: this.#contentsOf(value) };
  }

  #iterated(range: Expr, variable: 'only' | 'key' | 'value'): Local {
    const contents = this.#contentsOf(range);
    const isList = (contents?.of ?? this.#type(range).kind) === 'list';
    const holdsValue = variable === 'value' || (variable === 'only' && isList);
    const step = holdsValue ? (isList ? '@items' : '@values') : isList ? '@indices' : '@keys';
    const size = holdsValue ? contents?.value : contents?.key;
    return { path: [...this.#path(range), step], size, contents: undefined };
  }

  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name);
    if (stack) stack.push(local);
    else this.#locals.set(name, [local]);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  #local(expr: Expr): Local | undefined {
    return expr.kind === 'ident' ? this.#locals.get(expr.name)?.at(-1) : undefined;
  }

  #path(expr: Expr): Path {
    return this.#local(expr)?.path ?? this.#paths.get(expr) ?? [];
  }

  #type(expr: Expr): CelType {
    return this.#checked.types.get(expr) ?? dynType;
  }

  #operand(expr: Expr): Operand {
    const path = this.#path(expr);
    const itemSize = (): Range =>
      path.length > 0 && path[0] !== accumulatorName ? (this.#declaredSize([...path, '@items']) ?? unknown) : unknown;
    return { expr, type: this.#type(expr), size: this.#sizeOr(expr), itemSize };
  }

  #sizeOr(expr: Expr): Range {
    return this.#size(expr) ?? unknown;
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr) ?? writtenSize(expr);
    if (known) return known;
    const declared = this.#declaredSize(this.#path(expr));
    if (declared) {
      this.#sizes.set(expr, declared);
      return declared;
    }
    return isScalar(this.#type(expr)) ? one : this.#local(expr)?.size;
  }

  #declaredSize(path: Path): Range | undefined {
    if (path.length === 0) return undefined;
    // `self` and `oldSelf` have one type; other variables that sizes are known of stand alone.
    let at = this.#root;
    for (const step of path.slice(1)) {
      if (step === '@items' || step === '@values') at = at?.element;
      else if (step === '@keys') at = at?.element && (at.key ?? noSize);
      else at = at?.fields?.get(step)?.type ?? (at?.sizedByName ? at.element : undefined);
      if (!at) return undefined;
    }
    return at && { min: 0, max: at.maxSize ?? 0 };
  }

  #contentsOf(expr: Expr): Contents | undefined {
    return this.#contents.get(expr) ?? this.#local(expr)?.contents;
  }

  /** Keeps what is known of both branches of a conditional. */
  #keepCommon(expr: Expr, a: Expr, b: Expr): void {
    const [one, other] = [this.#contentsOf(a), this.#contentsOf(b)];
    if (!one || !other) return;
    this.#contents.set(expr, { of: one.of, key: union(one.key, other.key), value: union(one.value, other.value) });
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size) this.#sizes.set(to, size);
    const contents = this.#contentsOf(from);
    if (contents) this.#contents.set(to, contents);
  }
}

const least: Range = { min: Infinity, max: 0 };
const noSize: DeclaredType = { type: dynType };

/** The size of a literal. */
function writtenSize(expr: Expr): Range | undefined {
  if (expr.kind === 'const') return exactly(sizeOf(expr.value));
  if (expr.kind === 'list') return exactly(expr.elements.length);
  return expr.kind === 'map' ? exactly(expr.entries.length) : undefined;
}

const scalars: readonly CelType['kind'][] = ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'];

function isScalar(type: CelType): boolean {
  const [content] = type.params;
  return scalars.includes(type.kind) || (isOptional(type) && content !== undefined && isScalar(content));
}

/** Whether a fold is a `cel.bind`: a fold over nothing that names a value. */
function isBinding({ range, condition, accumulator }: ComprehensionExpr): boolean {
  const never = condition.kind === 'const' && condition.value === false;
  return range.kind === 'list' && range.elements.length === 0 && never && accumulator !== accumulatorName;
}
