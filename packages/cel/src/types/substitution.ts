import { type CelType, dynType } from './type.ts';

/** The bindings of type parameters; one instance per checked expression. */
export class Substitution {
  readonly #bound: Map<string, CelType>;

  constructor(bound = new Map<string, CelType>()) {
    this.#bound = bound;
  }

  copy(): Substitution {
    return new Substitution(new Map(this.#bound));
  }

  adopt(other: Substitution): void {
    for (const [name, type] of other.#bound) this.#bound.set(name, type);
  }

  /** Replaces bound parameters in a type; unbound ones become dyn if `free` says so. */
  resolve(type: CelType, free: 'keep' | 'dyn' = 'keep'): CelType {
    if (type.kind === 'param') {
      const found = this.#bound.get(type.name);
      if (found) return this.resolve(found, free);
      return free === 'dyn' ? dynType : type;
    }
    if (type.params.length === 0) return type;
    return { ...type, params: type.params.map((param) => this.resolve(param, free)) };
  }

  /** Whether a value of type `from` may be used where `to` is expected; binds parameters on the way. */
  assign(from: CelType, to: CelType): boolean {
    const source = this.#shallow(from);
    const target = this.#shallow(to);
    if (target.kind === 'param') return this.#bind(target, source);
    if (source.kind === 'param') return this.#bind(source, target);
    if (source.kind === 'dyn' || target.kind === 'dyn' || source.kind === 'error' || target.kind === 'error')
      return true;
    if (source.kind === 'null' || target.kind === 'null') {
      const other = source.kind === 'null' ? target : source;
      return other.kind === 'null' || nullable.has(other.kind);
    }
    if (source.kind !== target.kind || source.name !== target.name) return false;
    return source.kind === 'type' || source.params.every((param, i) => this.assign(param, target.params[i] ?? dynType));
  }

  /** One type for both if one is assignable to the other, else dyn. */
  join(a: CelType, b: CelType): CelType {
    const trial = this.copy();
    if (!trial.assign(b, a)) return dynType;
    this.adopt(trial);
    return moreGeneral(this.resolve(a), this.resolve(b));
  }

  #shallow(type: CelType): CelType {
    let found = type;
    for (let next = type.kind === 'param' ? this.#bound.get(type.name) : undefined; next; ) {
      found = next;
      next = found.kind === 'param' ? this.#bound.get(found.name) : undefined;
    }
    return found;
  }

  #bind(param: CelType, type: CelType): boolean {
    if (type.kind === 'param' && type.name === param.name) return true;
    if (this.#mentions(type, param.name)) return false;
    this.#bound.set(param.name, type);
    return true;
  }

  #mentions(type: CelType, name: string): boolean {
    const found = this.#shallow(type);
    return found.kind === 'param' ? found.name === name : found.params.some((param) => this.#mentions(param, name));
  }
}

const nullable = new Set<CelType['kind']>(['object', 'opaque', 'timestamp', 'duration']);

/** The more general of two compatible types. */
function moreGeneral(a: CelType, b: CelType): CelType {
  if (a.kind === 'dyn' || b.kind === 'dyn') return dynType;
  if (a.kind === 'null') return b;
  if (a.kind === 'param') return b.kind === 'param' ? a : b;
  if (a.params.length === 0 || a.params.length !== b.params.length) return a;
  return { ...a, params: a.params.map((param, i) => moreGeneral(param, b.params[i] as CelType)) };
}

export const sameType = (a: CelType, b: CelType): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  a.params.length === b.params.length &&
  a.params.every((param, i) => sameType(param, b.params[i] as CelType));
