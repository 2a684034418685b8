import { candidates, type Environment } from '../environment/environment.ts';
import type { Overload } from '../library/overload.ts';
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr } from '../syntax/ast.ts';
import type { Issue } from '../syntax/source-error.ts';
import { Substitution } from '../types/substitution.ts';
import {
  boolType,
  type CelType,
  dynType,
  errorType,
  intType,
  isOptional,
  listType,
  mapType,
  namedTypes,
  objectType,
  optionalType,
  paramType,
  typeText,
  typeType,
} from '../types/type.ts';
import { typeOf } from '../values/type-of.ts';
import { callText, inferred } from './overloads.ts';

/** What a name or a call resolves to. */
type Reference =
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'type'; readonly type: CelType }
  | { readonly kind: 'object'; readonly name: string }
  /** A function in a namespace has no receiver, whatever the expression looks like. */
  | { readonly kind: 'overloads'; readonly overloads: readonly Overload[]; readonly namespaced: boolean };

export interface Checked {
  readonly type: CelType;
  readonly references: ReadonlyMap<Expr, Reference>;
  readonly types: ReadonlyMap<Expr, CelType>;
  readonly issues: readonly Issue[];
}

/** Resolves names and infers types. Problems are returned as issues. */
export function check(expr: Expr, environment: Environment): Checked {
  const checker = new Checker(environment);
  const type = checker.check(expr, undefined);
  const { references, issues, substitution } = checker;
  const types = new Map([...checker.types].map(([key, value]) => [key, substitution.resolve(value, 'dyn')]));
  return { type: substitution.resolve(type, 'dyn'), references, types, issues };
}

interface Scope {
  readonly names: ReadonlyMap<string, CelType>;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly references = new Map<Expr, Reference>();
  readonly types = new Map<Expr, CelType>();
  readonly issues: Issue[] = [];
  readonly substitution = new Substitution();
  readonly #environment: Environment;
  #fresh = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  check(expr: Expr, scope: Scope | undefined): CelType {
    const type = this.#check(expr, scope);
    this.types.set(expr, type);
    return type;
  }

  #check(expr: Expr, scope: Scope | undefined): CelType {
    switch (expr.kind) {
      case 'const':
        return typeOf(expr.value);
      case 'ident':
        return this.#named(expr, expr.name, scope) ?? this.#undeclared(expr.at, expr.name);
      case 'select':
        return this.#select(expr, scope);
      case 'call':
        return this.#call(expr, scope);
      case 'list':
        return this.#list(expr, scope);
      case 'map':
        return this.#map(expr, scope);
      case 'struct':
        return this.#struct(expr, scope);
      case 'comprehension':
        return this.#comprehension(expr, scope);
    }
  }

  #problem(at: number, message: string): CelType {
    this.issues.push({ at, message });
    return errorType;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#problem(at, `undeclared reference to '${name}' (in container '${this.#environment.container}')`);
  }

  #newParam(): CelType {
    return paramType(`_var${this.#fresh++}`);
  }

  /** The type of a local or declared variable or of the name of a type. */
  #named(expr: Expr, name: string, scope: Scope | undefined): CelType | undefined {
    for (let at = scope; at && !name.startsWith('.'); at = at.outer) {
      const type = at.names.get(name);
      if (!type) continue;
      this.references.set(expr, { kind: 'local', name });
      return type;
    }
    for (const candidate of candidates(this.#environment.container, name)) {
      const declared = this.#environment.variables.get(candidate);
      if (declared) {
        this.references.set(expr, { kind: 'variable', name: candidate });
        return declared.type;
      }
      const named = namedTypes.get(candidate) ?? this.#objectType(candidate);
      if (named) {
        this.references.set(expr, { kind: 'type', type: named });
        return typeType(named);
      }
    }
    return undefined;
  }

  #objectType(name: string): CelType | undefined {
    return this.#environment.objectTypes.has(name) ? objectType(name) : undefined;
  }

  #select(expr: SelectExpr, scope: Scope | undefined): CelType {
    const path = expr.testOnly ? undefined : qualifiedName(expr);
    if (path !== undefined && !isLocal(path.split('.')[0] ?? '', scope)) {
      const named = this.#named(expr, path, scope);
      if (named) return named;
    }
    const { operand: of } = expr;
    if (of.kind === 'ident' && this.#environment.groups.has(of.name) && !isLocal(of.name, scope)) {
      if (this.#named(expr, `${of.name}.${expr.field}`, undefined)) return boolType;
      return this.#problem(expr.at, `undefined field '${expr.field}'`);
    }
    const operand = this.substitution.resolve(this.check(of, scope));
    const field = this.#field(operand, expr.field, expr.at);
    return expr.testOnly ? boolType : field;
  }

  #field(operand: CelType, name: string, at: number): CelType {
    if (isOptional(operand)) {
      const inner = this.#field(this.substitution.resolve(operand.params[0] ?? dynType), name, at);
      return inner.kind === 'error' ? inner : optionalType(inner);
    }
    switch (operand.kind) {
      case 'error':
      case 'dyn':
        return dynType;
      case 'param':
        this.substitution.assign(operand, dynType);
        return dynType;
      case 'map':
        return operand.params[1] ?? dynType;
      case 'object': {
        const field = this.#environment.objectTypes.get(operand.name)?.fields?.get(name);
        return field ? field.type.type : this.#problem(at, `undefined field '${name}'`);
      }
      default:
        return this.#problem(at, `type '${typeText(operand)}' does not support field selection`);
    }
  }

  #call(expr: CallExpr, scope: Scope | undefined): CelType {
    if (expr.name === '_?._' || expr.name === '_[?_]') return this.#optionalAccess(expr, scope);
    if (expr.name === '_&&_' || expr.name === '_||_') {
      for (const arg of expr.args) this.#expect(boolType, this.check(arg, scope), arg.at);
      this.references.set(expr, { kind: 'overloads', overloads: [], namespaced: false });
      return boolType;
    }
    const namespace = expr.target && qualifiedName(expr.target);
    if (expr.target === undefined || (namespace !== undefined && !isLocal(namespace.split('.')[0] ?? '', scope))) {
      const name = namespace === undefined ? expr.name : `${namespace}.${expr.name}`;
      for (const candidate of candidates(this.#environment.container, name)) {
        const overloads = this.#environment.functions.get(candidate)?.filter(({ method }) => !method);
        if (!overloads || (overloads.length === 0 && expr.target)) continue;
        const args = expr.args.map((arg) => this.check(arg, scope));
        return this.#resolve(expr, { overloads, args, namespaced: expr.target !== undefined });
      }
    }
    const all = this.#environment.functions.get(expr.name);
    const args = [expr.target, ...expr.args].flatMap((arg) => (arg ? [this.check(arg, scope)] : []));
    if (expr.target === undefined || !all) return this.#undeclared(expr.at, expr.name);
    return this.#resolve(expr, { overloads: all.filter(({ method }) => method), args, namespaced: false });
  }

  #resolve(
    expr: CallExpr,
    call: { overloads: readonly Overload[]; args: readonly CelType[]; namespaced: boolean },
  ): CelType {
    const { args, overloads, namespaced } = call;
    const known = args.map((arg) => this.substitution.resolve(arg));
    if (known.some((arg) => arg.kind === 'error')) {
      this.references.set(expr, { kind: 'overloads', overloads, namespaced });
      return errorType;
    }
    const found = inferred(overloads, known, { substitution: this.substitution, fresh: () => this.#newParam() });
    this.references.set(expr, { kind: 'overloads', overloads: found?.overloads ?? overloads, namespaced });
    if (found) return found.type;
    const shown = known.map((arg) => this.substitution.resolve(arg));
    const applied = callText(shown, expr.target !== undefined && !namespaced);
    return this.#problem(expr.at, `found no matching overload for '${expr.name}' applied to '${applied}'`);
  }

  #optionalAccess(expr: CallExpr, scope: Scope | undefined): CelType {
    const [operandExpr, keyExpr] = expr.args as [Expr, Expr];
    const operand = this.substitution.resolve(this.check(operandExpr, scope));
    const inner = isOptional(operand) ? this.substitution.resolve(operand.params[0] ?? dynType) : operand;
    const key = this.check(keyExpr, scope);
    if (expr.name === '_?._' && keyExpr.kind === 'const') {
      const type = this.#field(inner, String(keyExpr.value), expr.at);
      return isOptional(type) ? type : optionalType(type);
    }
    const access: CallExpr = { ...expr, name: '_[_]' };
    const overloads = this.#environment.functions.get('_[_]') ?? [];
    return optionalType(this.#resolve(access, { overloads, args: [inner, key], namespaced: false }));
  }

  /** The common type of all of them. */
  #joined(types: readonly { at: number; type: CelType }[]): CelType | undefined {
    let joined: CelType | undefined;
    for (const { at, type } of types) {
      const next = joined === undefined ? type : this.substitution.join(joined, type);
      if (this.#environment.homogeneousLiterals && next.kind === 'dyn' && joined && joined.kind !== 'dyn') {
        if (this.substitution.resolve(type).kind !== 'dyn') {
          this.#problem(at, `expected type '${typeText(joined)}' but found '${typeText(type)}'`);
          continue;
        }
      }
      joined = next;
    }
    return joined && this.substitution.resolve(joined);
  }

  #content(expr: Expr, optional: boolean, scope: Scope | undefined): CelType {
    const type = this.substitution.resolve(this.check(expr, scope));
    if (!optional) return type;
    if (isOptional(type)) return type.params[0] ?? dynType;
    if (type.kind === 'dyn' || type.kind === 'error') return dynType;
    return this.#problem(expr.at, `expected type 'optional_type(dyn)' but found '${typeText(type)}'`);
  }

  #list(expr: ListExpr, scope: Scope | undefined): CelType {
    const items = expr.elements.map(({ value, optional }) => ({
      at: value.at,
      type: this.#content(value, optional, scope),
    }));
    return listType(this.#joined(items) ?? this.#newParam());
  }

  #map(expr: MapExpr, scope: Scope | undefined): CelType {
    const keys = expr.entries.map(({ key }) => ({ at: key.at, type: this.check(key, scope) }));
    const values = expr.entries.map(({ value, optional }) => ({
      at: value.at,
      type: this.#content(value, optional, scope),
    }));
    return mapType(this.#joined(keys) ?? this.#newParam(), this.#joined(values) ?? this.#newParam());
  }

  #struct(expr: StructExpr, scope: Scope | undefined): CelType {
    const found = candidates(this.#environment.container, expr.typeName).find(
      (name) => this.#environment.objectTypes.has(name) || namedTypes.has(name),
    );
    const values = expr.fields.map(({ value, optional }) => this.#content(value, optional, scope));
    if (found === undefined) return this.#undeclared(expr.at, expr.typeName);
    const declared = this.#environment.objectTypes.get(found);
    if (!declared) return this.#problem(expr.at, `'${found}' is not a message type`);
    this.references.set(expr, { kind: 'object', name: found });
    expr.fields.forEach(({ name, at }, i) => {
      const field = declared.fields?.get(name);
      const given = values[i] ?? dynType;
      if (!field) this.#problem(at, `undefined field '${name}'`);
      else if (!this.substitution.assign(given, field.type.type)) {
        const expected = typeText(field.type.type);
        this.#problem(
          at,
          `expected type of field '${name}' is '${expected}' but provided type is '${typeText(given)}'`,
        );
      }
    });
    return declared.type;
  }

  #comprehension(expr: ComprehensionExpr, scope: Scope | undefined): CelType {
    const range = this.substitution.resolve(this.check(expr.range, scope));
    const accumulator = this.check(expr.init, scope);
    const variables = this.#iterated(range, expr);
    const outer: Scope = { names: new Map([[expr.accumulator, accumulator]]), outer: scope };
    const inner: Scope = { names: variables, outer };
    this.#expect(boolType, this.check(expr.condition, inner), expr.condition.at);
    this.#expect(accumulator, this.check(expr.step, inner), expr.step.at);
    return this.check(expr.result, outer);
  }

  #expect(expected: CelType, actual: CelType, at: number): void {
    const trial = this.substitution.copy();
    if (trial.assign(actual, expected)) {
      this.substitution.adopt(trial);
      return;
    }
    const [wanted, found] = [expected, actual].map((type) => typeText(this.substitution.resolve(type)));
    this.#problem(at, `expected type '${wanted}' but found '${found}'`);
  }

  #iterated(range: CelType, expr: ComprehensionExpr): Map<string, CelType> {
    const two = expr.secondVariable;
    let [first, second]: [CelType, CelType] = [dynType, dynType];
    if (range.kind === 'list')
      [first, second] = [two ? intType : (range.params[0] ?? dynType), range.params[0] ?? dynType];
    else if (range.kind === 'map') [first, second] = [range.params[0] ?? dynType, range.params[1] ?? dynType];
    else if (range.kind === 'param') this.substitution.assign(range, dynType);
    else if (range.kind !== 'dyn' && range.kind !== 'error') {
      const shown = typeText(range);
      const message = `expression of type '${shown}' cannot be range of a comprehension (must be list, map, or dynamic)`;
      first = this.#problem(expr.range.at, message);
      second = errorType;
    }
    const names = new Map([[expr.variable, first]]);
    if (two) names.set(two, second);
    return names;
  }
}

/** `a.b.c` as one name, if the expression is nothing else. */
function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.testOnly) return undefined;
  const operand = qualifiedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}

function isLocal(name: string, scope: Scope | undefined): boolean {
  for (let at = scope; at; at = at.outer) if (at.names.has(name)) return true;
  return false;
}
