import type { Checked } from '../check/checker.ts';
import type { Environment } from '../environment/environment.ts';
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr } from '../syntax/ast.ts';
import { madeAs, toJson } from '../values/json-value.ts';
import { found, keyText, optionallyIndexed } from '../values/lookup.ts';
import { hasType } from '../values/type-of.ts';
import {
  ArrayList,
  CelError,
  CelMap,
  CelOptional,
  CelTypeValue,
  type CelValue,
  EntriesMap,
  mapKey,
} from '../values/value.ts';
import { callStep } from './calls.ts';
import { always, foldStep, readLocal } from './fold.ts';
import type { Step } from './frame.ts';

interface Slots {
  readonly names: ReadonlyMap<string, number>;
  readonly depth: number;
}

/** Compiles a checked expression into steps. */
export function plan(expr: Expr, checked: Checked, environment: Environment): Step {
  return new Planner(checked, environment).step(expr, { names: new Map(), depth: 0 });
}

class Planner {
  readonly #checked: Checked;
  readonly #environment: Environment;

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked;
    this.#environment = environment;
  }

  step(expr: Expr, slots: Slots): Step {
    switch (expr.kind) {
      case 'const': {
        const { value } = expr;
        return () => value;
      }
      case 'ident':
        return this.#name(expr, expr.name, slots);
      case 'select':
        return this.#select(expr, slots);
      case 'call':
        return this.#call(expr, slots);
      case 'list':
        return this.#list(expr, slots);
      case 'map':
        return this.#map(expr, slots);
      case 'struct':
        return this.#struct(expr, slots);
      case 'comprehension':
        return this.#fold(expr, slots);
    }
  }

  #name(expr: Expr, text: string, slots: Slots): Step {
    const reference = this.#checked.references.get(expr);
    const slot = reference?.kind === 'local' ? slots.names.get(reference.name) : undefined;
    if (slot !== undefined) return readLocal(slot);
    if (reference?.kind === 'type') {
      const value = new CelTypeValue(reference.type);
      return () => value;
    }
    if (reference?.kind !== 'variable') {
      const message = `undeclared reference to '${text}' (in container '${this.#environment.container}')`;
      return () => {
        throw new CelError(message);
      };
    }
    const { name } = reference;
    return (frame) => {
      frame.spend(1);
      return frame.variable(name);
    };
  }

  #select(expr: SelectExpr, slots: Slots): Step {
    if (this.#checked.references.has(expr)) return expr.testOnly ? always : this.#name(expr, expr.field, slots);
    const operand = this.step(expr.operand, slots);
    const { field } = expr;
    if (expr.testOnly) return (frame) => isPresent(operand(frame), field);
    return (frame) => {
      const value = operand(frame);
      frame.spend(1);
      if (value instanceof CelOptional) return optionallyIndexed(value, field);
      const member = value instanceof CelMap ? value.get(field) : selectable(value, field);
      if (member === undefined) throw new CelError(`no such key: ${field}`);
      return member;
    };
  }

  #call(expr: CallExpr, slots: Slots): Step {
    const args = expr.args.map((arg) => this.step(arg, slots));
    const reference = this.#checked.references.get(expr);
    if (reference?.kind === 'overloads') {
      if (expr.target && !reference.namespaced) args.unshift(this.step(expr.target, slots));
      return callStep(expr.name, reference.overloads, args);
    }
    const [operand, key] = args as [Step, Step];
    if (expr.name === '_?._' || expr.name === '_[?_]') {
      return (frame) => {
        const value = operand(frame);
        const at = key(frame);
        frame.spend(1);
        return optionallyIndexed(value, at);
      };
    }
    const message = `undeclared reference to '${expr.name}' (in container '${this.#environment.container}')`;
    return () => {
      throw new CelError(message);
    };
  }

  #list(expr: ListExpr, slots: Slots): Step {
    const items = expr.elements.map(({ value, optional }) => ({ step: this.step(value, slots), optional }));
    return (frame) => {
      const values: CelValue[] = [];
      for (const { step, optional } of items) {
        const value = step(frame);
        if (!optional) values.push(value);
        else if (!(value instanceof CelOptional)) throw notOptional(value);
        else if (value.content !== undefined) values.push(value.content);
      }
      frame.spend(10);
      return new ArrayList(values);
    };
  }

  #map(expr: MapExpr, slots: Slots): Step {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.step(key, slots),
      value: this.step(value, slots),
      optional,
    }));
    return (frame) => {
      const made: [CelValue, CelValue][] = [];
      const seen = new Set<unknown>();
      for (const entry of entries) {
        const key = entry.key(frame);
        const plain = typeof key === 'number' ? undefined : mapKey(key);
        if (plain === undefined) throw new CelError(`unsupported key type`);
        if (seen.has(plain)) throw new CelError(`insert failed: key ${keyText(key)} already exists`);
        const value = entry.value(frame);
        if (!entry.optional) made.push([key, value]);
        else if (!(value instanceof CelOptional)) throw notOptional(value);
        else if (value.content !== undefined) made.push([key, value.content]);
        else continue;
        seen.add(plain);
      }
      frame.spend(30);
      return new EntriesMap(made);
    };
  }

  #struct(expr: StructExpr, slots: Slots): Step {
    const reference = this.#checked.references.get(expr);
    const declared = reference?.kind === 'object' ? this.#environment.objectTypes.get(reference.name) : undefined;
    if (!declared) {
      return () => {
        throw new CelError(`unknown type: ${expr.typeName}`);
      };
    }
    const fields = expr.fields.map(({ name, value, optional }) => ({
      name: declared.fields?.get(name)?.name ?? name,
      step: this.step(value, slots),
      optional,
    }));
    return (frame) => {
      const raw: Record<string, unknown> = {};
      for (const { name, step, optional } of fields) {
        const value = step(frame);
        const content = optional && value instanceof CelOptional ? value.content : value;
        if (content !== undefined) raw[name] = toJson(content);
      }
      frame.spend(40);
      return madeAs(raw, declared);
    };
  }

  #fold(expr: ComprehensionExpr, slots: Slots): Step {
    const { depth } = slots;
    const accumulator = depth;
    const variable = depth + 1;
    const second = expr.secondVariable === undefined ? undefined : depth + 2;
    const outer: Slots = { names: new Map([...slots.names, [expr.accumulator, accumulator]]), depth: depth + 3 };
    const names = new Map([...outer.names, [expr.variable, variable]]);
    if (second !== undefined) names.set(expr.secondVariable as string, second);
    const inner: Slots = { names, depth: depth + 3 };
    const unconditional = expr.condition.kind === 'const' && expr.condition.value === true;
    return foldStep({
      range: this.step(expr.range, { ...slots, depth: depth + 3 }),
      init: this.step(expr.init, { ...slots, depth: depth + 3 }),
      condition: unconditional ? always : this.step(expr.condition, inner),
      step: this.step(expr.step, inner),
      result: this.step(expr.result, outer),
      slots: { accumulator, variable, second },
    });
  }
}

function isPresent(operand: CelValue, field: string): boolean {
  if (operand instanceof CelOptional) {
    return operand.content !== undefined && isPresent(operand.content, field);
  }
  if (operand instanceof CelMap) return operand.get(field) !== undefined;
  return selectable(operand, field) !== undefined;
}

function selectable(operand: CelValue, field: string): CelValue | undefined {
  return hasType(operand, listKind) ? found(null, field) : found(operand, field);
}

const listKind = { kind: 'list', name: 'list', params: [] } as const;

const notOptional = (value: CelValue): CelError =>
  new CelError(`cannot initialize optional entry from non-optional value ${String(value)}`);
